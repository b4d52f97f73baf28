# Letters of Latin alphabets, as texts that make ASCII of them ask; what else there is says so.

_MARKS = "\u0300\u0301\u0302\u0303\u0308\u030A\u0327\u0304\u0306\u0328\u0307\u030C\u030B"
_LETTERS = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž"
_BASES = "AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyyAaAaAaCcCcCcCcDdEeEeEeEeEeGgGgGgGgHhIiIiIiIiIJjKkLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZz"
_WHICH = "abcdefgabceabcedabcdeabcebabcdefgabceabcedabcdeabcebehhiijjbbcckkllllhhiikkjjllcciikkggccddhhiijjkccggbbggllbbggllhhiimmbbggllbbccggllggllddhhiiffmmjjccccebbkkll"
_APART = {letter: base + _MARKS[ord(which) - 97] for letter, base, which in zip(_LETTERS, _BASES, _WHICH)}
_TOGETHER = {apart: letter for letter, apart in _APART.items()}
_CATEGORIES = {
    "Pc": "_", "Pd": "-–—", "Ps": "([{", "Pe": ")]}", "Pi": "«‘“", "Pf": "»’”", "Sc": "$¢£¤¥€", "Sm": "+<=>|~¬±×÷", "Sk": "^`¨¯´¸",
    "So": "¦©®°\ufffd", "No": "²³¹¼½¾", "Po": "!\"#%&'*,./:;?@\\¡§¶·¿…•", "Lo": "ªº", "Zs": " \xa0", "Cf": "\xad",
}


def _refuse(what, char):
    raise NotImplementedError(f"unicodedata.{what} of {char!r} is outside the subset: only Latin letters and common signs are known here")


def category(chr):
    for name, chars in _CATEGORIES.items():
        if chr in chars:
            return name
    if chr in _MARKS:
        return "Mn"
    if ord(chr) < 32 or 127 <= ord(chr) < 160:
        return "Cc"
    if "0" <= chr <= "9":
        return "Nd"
    if ord(chr) >= 384:
        _refuse("category", chr)
    return "Lu" if chr.isupper() else "Ll"


def combining(chr):
    return 0 if category(chr) != "Mn" else 202 if chr in "\u0327\u0328" else 230


def normalize(form, unistr):
    if form not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise ValueError("invalid normalization form")
    parts = []
    for char in unistr:
        if ord(char) >= 128 and char not in _APART and (category(char) in ("No", "Sk", "Lo", "Zs") or char in "µ…ĳŀŉſĲĿ") and "K" in form:
            _refuse("normalize", char)
        category(char)
        parts.append(_APART.get(char, char))
    apart = "".join(parts)
    if form in ("NFD", "NFKD"):
        return apart
    joined = ""
    for char in apart:
        if char in _MARKS and joined[-1:] + char in _TOGETHER:
            joined = joined[:-1] + _TOGETHER[joined[-1:] + char]
        elif char in _MARKS and joined:
            _refuse("normalize", joined[-1:] + char)
        else:
            joined += char
    return joined
