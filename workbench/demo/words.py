"""The words that are printed on the invented drawings: instructions with their translations, names, letterheads.

Everything here was written for this demonstration. Studios, series and people do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

INVENTED = "虚构 · 가상 · INVENTED DEMONSTRATION"
"""Stands at an edge of every picture."""


@dataclass(frozen=True)
class Pair:
    """A short instruction in Chinese, its Korean translation, and what must be on the sheet for it to make sense."""

    zh: str
    ko: str
    about: str


PAIRS = (
    Pair("头型修正", "머리 모양 수정", "person"),
    Pair("眼睛再大一点", "눈을 조금 더 크게", "person"),
    Pair("口型对白", "대사에 맞춰 입 모양", "person"),
    Pair("手部透视", "손 투시 수정", "person"),
    Pair("肩膀放松", "어깨에 힘을 빼고", "person"),
    Pair("视线看右上", "시선은 오른쪽 위로", "person"),
    Pair("表情要更惊讶", "표정을 더 놀라게", "person"),
    Pair("眉毛压低", "눈썹을 낮게", "person"),
    Pair("手指是五根", "손가락은 다섯 개", "person"),
    Pair("耳朵位置偏高", "귀 위치가 높음", "person"),
    Pair("头发飘动跟随", "머리카락이 따라 날리게", "person"),
    Pair("回头看镜头", "고개를 돌려 카메라를 본다", "person"),
    Pair("人物再靠左", "인물을 좀 더 왼쪽으로", "person"),
    Pair("衣服颜色改", "옷 색 수정", "person"),
    Pair("重心放低", "중심을 낮추기", "body"),
    Pair("脚不要滑", "발이 미끄러지지 않게", "body"),
    Pair("跑步循环八张", "달리기 반복 여덟 장", "body"),
    Pair("动作再慢一点", "동작을 조금 더 천천히", "body"),
    Pair("裙摆加两张", "치맛자락 두 장 추가", "body"),
    Pair("围巾分层", "목도리 층 나누기", "body"),
    Pair("背景加深", "배경 진하게", "place"),
    Pair("地平线下移", "지평선을 아래로", "place"),
    Pair("远景虚化", "먼 배경 흐리게", "place"),
    Pair("影子方向统一", "그림자 방향 통일", "place"),
    Pair("雨线再细一点", "빗줄기를 더 가늘게", "rain"),
    Pair("灯笼加发光", "등불에 빛 추가", "lantern"),
    Pair("船再小一点", "배를 좀 더 작게", "harbour"),
    Pair("尾巴画长一点", "꼬리를 조금 길게", "tail"),
    Pair("毛的方向不对", "털 방향이 틀림", "tail"),
    Pair("机器人关节对齐", "로보트 관절 맞추기", "robot"),
    Pair("天线左右对称", "안테나 좌우 대칭", "robot"),
    Pair("翅膀第二层", "날개는 둘째 층", "dragon"),
    Pair("道具比例不对", "소품 비례가 맞지 않음", "prop"),
    Pair("盖子线要圆", "뚜껑 선을 둥글게", "prop"),
    Pair("线条清理", "선 정리", "any"),
    Pair("镜头慢推", "카메라 천천히 앞으로", "any"),
    Pair("请按原画重画", "원화대로 다시 그리기", "any"),
    Pair("保持上一镜位置", "앞 컷 위치 유지", "any"),
    Pair("此处不动", "여기는 움직이지 않음", "any"),
    Pair("加三张中间画", "중간 그림 석 장 추가", "any"),
    Pair("参考人设图", "인물 설정 참고", "person"),
)


@dataclass(frozen=True)
class Studio:
    """An invented studio and the sign on its paper."""

    name: str
    latin: str
    sign: str
    """Which little drawing stands beside the name: kite, button, moon, kettle."""
    ink: tuple[int, int, int]


STUDIOS = {
    "buttons": Studio("三枚纽扣虚构动画社", "THREE BUTTONS, AN INVENTED STUDIO", "buttons", (58, 88, 112)),
    "moon": Studio("月亮邮局虚构制作", "MOON POST OFFICE, INVENTED PICTURES", "moon", (92, 74, 116)),
    "kettle": Studio("スタジオ空想やかん", "KETTLE OF NOWHERE, AN INVENTED STUDIO", "kettle", (150, 82, 56)),
}


@dataclass(frozen=True)
class Series:
    """An invented series: its title, the studio whose paper it is drawn on, and who appears in it."""

    code: str
    title: str
    latin: str
    studio: str
    cast: tuple[str, ...]
    places: tuple[str, ...]


SERIES = {
    "lantern": Series(
        "LH", "雾港小灯", "LANTERN OF FOG HARBOUR", "buttons",
        ("lamp", "boat", "uncle", "dumpling"), ("harbour", "street", "room", "stairs", "harbour", "street", "hills"),
    ),
    "comet": Series(
        "KP", "彗星邮差", "COMET POST", "moon",
        ("signal", "heron", "boat", "paper"), ("sky", "roofs", "sky", "roofs", "room", "street", "hills"),
    ),
    "kettle": Series(
        "YK", "やかんの森", "THE KETTLE WOOD", "kettle",
        ("heron", "dumpling", "paper", "lamp"), ("forest", "hills", "room", "stairs"),
    ),
}  # fmt: skip

CAST = {
    "lamp": "小灯",
    "boat": "阿舟",
    "uncle": "雾伯",
    "heron": "鹭子",
    "signal": "信号七号",
    "dumpling": "团子",
    "paper": "纸龙",
}

LABELS = {
    "turn": "三面图 · 인물 설정",
    "faces": "表情集 · 표정",
    "prop": "道具设定 · 소품",
    "colour": "颜色指定 · 색 지정",
    "board": "分镜 · 콘티",
    "timing": "摄影表 · 촬영표",
    "picture": "画面",
    "action": "动作 / 对白",
    "length": "秒数",
    "front": "正面",
    "side": "侧面",
    "back": "背面",
    "quarter": "四分之三",
    "skin": "皮肤",
    "hair": "头发",
    "coat": "外衣",
    "shade": "阴影",
    "light": "亮部",
}

STAMPS = ("作监", "演出", "再修", "完成", "확인")

ACTIONS = (
    ("lamp", "小灯提着灯走进雾里。", "소등이 등불을 들고 안개속으로."),
    ("lamp", "小灯屏住呼吸。", "소등이 숨을 죽인다."),
    ("dumpling", "团子回头，尾巴停住。", "단자가 돌아보고 꼬리를 멈춘다."),
    ("boat", "阿舟：你听，钟响了。", "아주: 들어 봐, 종이 울렸어."),
    ("boat", "阿舟压低帽子。", "아주가 모자를 눌러쓴다."),
    ("uncle", "雾伯慢慢放下茶壶。", "무백이 천천히 주전자를 놓는다."),
    ("heron", "鹭子从屋顶跳下。", "로자가 지붕에서 뛰여내린다."),
    ("heron", "鹭子笑了。", "로자가 웃는다."),
    ("signal", "信号七号读出地址。", "신호칠호가 주소를 읽는다."),
    ("paper", "纸龙飞过上空。", "종이룡이 하늘을 난다."),
    ("", "远处的灯一盏盏亮起。", "먼곳의 불빛이 하나씩 켜진다."),
    ("", "风停。一片安静。", "바람이 멎는다. 고요하다."),
    ("", "镜头慢慢向右。", "카메라 천천히 오른쪽으로."),
    ("", "天快亮了。", "날이 곧 밝는다."),
)
"""Who acts, what happens in Chinese, and the same in Korean."""

MOODS = ("平静", "高兴", "惊讶", "生气", "难过", "得意")

NOTE = (
    "说明（虚构示例）\n"
    "今天的镜头请先看作监修正，再看原画。\n"
    "雾要比上一集浓，灯光不要画死。\n"
    "오늘 컷은 수정 폴더를 먼저 봐 주세요.\n"
    "本文件属于虚构的演示，不涉及任何真实公司。\n"
)


def printed() -> str:
    """Every character that some drawing may need, sorted; the packed glyphs are made from this."""
    texts = [INVENTED, *STAMPS, *MOODS, *CAST.values(), *LABELS.values()]
    texts += [pair.zh + pair.ko for pair in PAIRS]
    texts += [zh + ko for _, zh, ko in ACTIONS]
    texts += [studio.name for studio in STUDIOS.values()]
    texts += [series.title for series in SERIES.values()]
    texts += ["".join(map(chr, range(0x20, 0x7F))), "①②③④⑤⑥→←↑↓第話话集镜컷화수정张×"]
    return "".join(sorted(set("".join(texts))))
