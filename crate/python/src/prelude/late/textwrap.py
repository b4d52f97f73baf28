# Text in lines of a width.


def wrap(text, width=70, initial_indent="", subsequent_indent="", **options):
    lines, line = [], initial_indent
    empty = True
    for word in text.split():
        while True:
            candidate = word if empty else " " + word
            if len(line) + len(candidate) <= width:
                line += candidate
                empty = False
                break
            if empty:
                # A word longer than a line is broken.
                room = max(width - len(line), 1)
                lines.append(line + word[:room])
                word = word[room:]
            else:
                lines.append(line)
            line, empty = subsequent_indent, True
            if not word:
                break
    if not empty:
        lines.append(line)
    return lines


def fill(text, width=70, **options):
    return "\n".join(wrap(text, width, **options))


def shorten(text, width, placeholder=" [...]", **options):
    words = text.split()
    if len(" ".join(words)) <= width:
        return " ".join(words)
    while words and len(" ".join(words) + placeholder) > width:
        words.pop()
    return " ".join(words) + placeholder if words else placeholder.strip()


def dedent(text):
    lines = text.split("\n")
    margin = None
    for line in lines:
        if line.strip():
            space = line[: len(line) - len(line.lstrip())]
            if margin is None:
                margin = space
            while not space.startswith(margin):
                margin = margin[:-1]
    margin = margin or ""
    return "\n".join([line[len(margin) :] if line.strip() else "" for line in lines])


def indent(text, prefix, predicate=None):
    parts = []
    for line in text.split("\n"):
        parts.append(prefix + line if (predicate(line) if predicate else line.strip()) else line)
    return "\n".join(parts)
