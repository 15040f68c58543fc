"""The finished bundle is searched for all that must not be in it, while every byte of it is read to be verified.

`needles` says what is looked for, `forms` how each may be written, `scan` finds any of them in a stream of bytes and in
what is packed in it, `search` goes through the files of a bundle and remembers where something was found.
"""
