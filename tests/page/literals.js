/** The strings of a JavaScript file that a reader could come to see: a small lexer, which knows strings, templates, comments and regular expressions. */

/** What a literal is when it stands after one of these: told to a reader. */
const SAID = /(?:\b(?:title|label|placeholder|alt)|"aria-(?:label|roledescription|valuetext|description)"): $|\.(?:title|textContent|innerText|placeholder|label) \+?= $|\bsetText\(\w+, $|setAttribute\("(?:title|aria-label|aria-valuetext|placeholder)", $/;
/** And when it stands after one of these, it is not, whatever it looks like. */
const NEVER_SAID = /(?:\bclass|\bstyle|\bd|part|"data-\w+"|accept|\bfont|filter): $|\b(?:querySelector(?:All)?|closest|matchMedia|matches|supports|addEventListener|setProperty|getPropertyValue|svg)\($|\bfrom $|\bimport\($|\bimport $/;

/**
 * @typedef {object} Literal
 * @property {number} line
 * @property {string} text with `${…}` for a value of a template
 * @property {string} before what stands before it on its line
 * @property {boolean} isChild whether it is a child of an element made by `h`
 */

/** The literals that look like something said to a reader. @param {string} source @returns {Literal[]} */
export function saidIn(source) {
  return literals(source).filter(({ text, before, isChild }) => {
    if (NEVER_SAID.test(before)) return false;
    const words = text.replaceAll("${…}", " ").trim();
    if (isChild || SAID.test(before)) return /\p{L}{2}/u.test(words);
    return /\p{L}{2,}[.,:;]? \p{L}/u.test(words) || /^[A-Z][a-z]{2,}[.…]?$/.test(words);
  });
}

/** @param {string} source @returns {Literal[]} */
function literals(source) {
  /** @type {Literal[]} */
  const found = [];
  /** Open brackets: whether each is the call of `h`, and how many commas it has had. @type {{ isH: boolean, commas: number }[]} */
  const open = [];
  let at = 0;
  while (at < source.length) at = step(at);
  return found;

  /** Reads one token. @param {number} from @returns {number} where the next one begins */
  function step(from) {
    const character = source[from];
    if (source.startsWith("//", from)) return end(source.indexOf("\n", from));
    if (source.startsWith("/*", from)) return end(source.indexOf("*/", from) + 2);
    if (character === '"' || character === "'") return string(from, character);
    if (character === "`") return template(from);
    if (character === "/" && isRegex(from)) return from + (/^\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/.exec(source.slice(from))?.[0].length ?? 1);
    if ("([{".includes(character)) open.push({ isH: character === "(" && /(?<![\w.$])h$/.test(source.slice(Math.max(0, from - 2), from)), commas: 0 });
    if (")]}".includes(character)) open.pop();
    const call = open.at(-1);
    if (character === "," && call) call.commas += 1;
    return from + 1;
  }

  /** @param {number} from @param {string} quote */
  function string(from, quote) {
    let to = from + 1;
    while (to < source.length && source[to] !== quote) to += source[to] === "\\" ? 2 : 1;
    keep(from, source.slice(from + 1, to));
    return to + 1;
  }

  /** @param {number} from */
  function template(from) {
    let text = "";
    let to = from + 1;
    const depth = open.length;
    while (to < source.length && source[to] !== "`") {
      if (source.startsWith("${", to)) {
        text += "${…}";
        open.push({ isH: false, commas: 0 });
        to += 2;
        while (open.length > depth) to = step(to);
      } else {
        text += source[to];
        to += source[to] === "\\" ? 2 : 1;
      }
    }
    keep(from, text);
    return to + 1;
  }

  /** @param {number} from @param {string} text */
  function keep(from, text) {
    const call = open.at(-1);
    found.push({ line: source.slice(0, from).split("\n").length, text, before: source.slice(source.lastIndexOf("\n", from - 1) + 1, from), isChild: Boolean(call?.isH && call.commas >= 2) });
  }

  /** Whether a slash begins a regular expression: nothing stands before it that could be divided. @param {number} from */
  function isRegex(from) {
    return /(?:[=(,:;!&|?{}[+>]|\breturn|^)\s*$/.test(source.slice(Math.max(0, from - 40), from));
  }

  /** @param {number} to */
  function end(to) {
    return to <= 0 ? source.length : to;
  }
}
