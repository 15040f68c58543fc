"""All that is found out about one object, in one pass: one look at the type, one decode for all that needs pixels."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from workbench.analyze.mediatype import Type, type_of
from workbench.analyze.registry import IMAGE, METADATA, NAMES, PREVIEW_SIDE, TYPE
from workbench.analyze.wholeness import is_cut_off
from workbench.core.messages import Message
from workbench.core.records import Analysis, FactValue, State

MAX_FILE = 512 << 20
"""A picture in a larger file is not opened; other files are typed by their beginning."""


def analyze_object(
    data: bytes | memoryview, want: AbstractSet[str] = NAMES, ending: str = "", size: int | None = None
) -> dict[str, Analysis]:
    """Run the wanted analyzers.

    ``data`` may be the beginning of more than `MAX_FILE` bytes; ``size`` is then the file's. Never raises for the
    bytes: what cannot be read is a state and at most one warning. Runs in a worker process, on one thread.
    """
    size = len(data) if size is None else size
    wanted = [name for name in (TYPE.name, IMAGE.name, METADATA.name) if name in want]
    if size == 0:
        return {name: Analysis(State.EMPTY) for name in wanted}
    kind = type_of(data, ending)
    found = {name: Analysis(State.OK) for name in wanted}
    if TYPE.name in found:
        found[TYPE.name] = _typed(data, kind, size)
    if kind.kind == "image" and (IMAGE.name in found or METADATA.name in found):
        if size > MAX_FILE or size > len(data):
            picture = Analysis(State.TOO_LARGE, warnings=(Message("file-too-large", {"size": size}),))
            metadata = Analysis(State.OK)
        else:
            picture, metadata = _picture(data, kind.media_type, IMAGE.name in found, METADATA.name in found)
        if IMAGE.name in found:
            found[IMAGE.name] = picture
        if METADATA.name in found:
            found[METADATA.name] = metadata
    return found


def _typed(data: bytes | memoryview, kind: Type, size: int) -> Analysis:
    """The type, and of videos and sounds, which are not decoded, whether they are there to their end."""
    if kind.kind in ("video", "audio") and is_cut_off(data, kind.media_type, size):
        warning = Message("file-cut-off", {"type": kind.media_type, "size": size})
        return Analysis(State.UNDECODABLE, _type_facts(kind), (warning,))
    return Analysis(State.OK, _type_facts(kind))


def _type_facts(found: Type) -> tuple[tuple[str, FactValue], ...]:
    facts: list[tuple[str, FactValue]] = [("media_type", found.media_type), ("kind", found.kind)]
    if found.text is not None:
        facts.append(("charset" if found.text.certain else "charset.guess", found.text.charset))
    return tuple(facts)


def _picture(
    data: bytes | memoryview, media_type: str, with_pixels: bool, with_metadata: bool
) -> tuple[Analysis, Analysis]:
    from workbench.analyze import picture

    nothing = Analysis(State.OK)
    try:
        opened = picture.open_picture(data, media_type, all_frames=with_pixels)
    except picture.Refused as refused:
        return _refused(refused), nothing
    pixels = nothing
    if with_pixels:
        try:
            pixels = _pixels(data, opened, media_type)
        except picture.Refused as refused:
            pixels = _refused(refused)
            if refused.code in picture.TOO_LARGE:
                pixels = replace(pixels, facts=_size_facts(opened.size, opened.frames, opened.mode))
    metadata = Analysis(State.OK, _metadata(opened)) if with_metadata else nothing
    return pixels, metadata


def _refused(refused: Exception) -> Analysis:
    code = getattr(refused, "code", "image-undecodable")
    args = dict(getattr(refused, "args_of_message", {}))
    state = State.TOO_LARGE if code.startswith("image-too-") else State.UNDECODABLE
    facts: tuple[tuple[str, FactValue], ...] = ()
    if args.get("width") and args.get("height"):
        facts = (("width", args["width"]), ("height", args["height"]))
    return Analysis(state, facts, (Message(code, args),))


def _size_facts(size: tuple[int, int], frames: int | None, mode: str) -> tuple[tuple[str, FactValue], ...]:
    facts: list[tuple[str, FactValue]] = [("width", size[0]), ("height", size[1])]
    if frames is not None:
        facts.append(("frames", frames))
    return (*facts, ("mode", mode))


def _pixels(data: bytes | memoryview, opened: object, media_type: str) -> Analysis:
    from workbench.analyze import picture, preview
    from workbench.analyze.fingerprint import fingerprint

    assert isinstance(opened, picture.Opened)
    whole = picture.decode(data, opened, media_type, PREVIEW_SIDE)
    image = opened.image
    with picture.guarded(media_type):
        orientation = preview.orientation_of(image)
        small = preview.thumbnail(image, orientation)
        jpeg = preview.as_jpeg(small)
    size = image.size if image.format in picture.SIZED_BY_DECODING else opened.size
    upright = size[::-1] if orientation >= 5 else size
    facts = _size_facts(upright, opened.frames, opened.mode)
    if not whole:
        warning = Message(opened.damage or "image-damaged", {"type": media_type})
        return Analysis(State.UNDECODABLE, facts, (warning,), jpeg)
    value, quality = fingerprint(preview.grey_square(small))
    said = () if opened.remark is None else (Message(*opened.remark),)
    return Analysis(State.OK, (*facts, ("phash", value), ("phash_quality", quality)), said, jpeg)


def _metadata(opened: object) -> tuple[tuple[str, FactValue], ...]:
    from warnings import catch_warnings, simplefilter

    from workbench.analyze.metadata import facts_of

    with catch_warnings():
        simplefilter("ignore")
        return tuple(facts_of(opened.image))  # type: ignore[attr-defined]
