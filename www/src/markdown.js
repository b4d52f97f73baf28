/**
 * A small, safe markdown: what the programs' explanations use, turned into a tree
 * of plain data (`parseMarkdown`) and then into nodes (`renderMarkdown`). Text is
 * only ever set as text, so nothing in a program can become markup.
 *
 * Known: headings, paragraphs, bullet and numbered lists, block quotes, fenced code,
 * `code`, *emphasis*, **strong**, [links](https://…) and $formulas$, shown as code.
 */

import { LABELS, headingOf } from "./program.js";

/** @typedef {string | { tag: "code" | "em" | "strong" | "a", href?: string, children: Inline[] }} Inline */
/**
 * @typedef {object} Block
 * @property {"h" | "p" | "ul" | "ol" | "blockquote" | "pre"} tag
 * @property {number} [level] of a heading, 1 to 6
 * @property {Inline[]} [children] of a heading, paragraph or quote
 * @property {Inline[][]} [items] of a list
 * @property {string} [text] of a code block
 */

/** Nesting of emphasis inside emphasis stops here: programs come from strangers. */
const MAX_DEPTH = 8;
/** Longer paragraphs stay plain text, since the pattern below is quadratic at worst. */
const MAX_INLINE = 2000;

/** @param {string} source @returns {Block[]} */
export function parseMarkdown(source) {
  const lines = source.split("\n");
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  /** Takes lines while they match, with their mark removed. @param {RegExp} mark */
  const take = (mark) => {
    const taken = [];
    while (at < lines.length && mark.test(lines[at])) taken.push(lines[at++].replace(mark, ""));
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = headingOf(line);
    const fence = /^\s*(```|~~~|\$\$)/.exec(line);
    if (line.trim() === "") at += 1;
    else if (heading) {
      blocks.push({ tag: "h", level: heading.level, children: parseInline(heading.text) });
      at += 1;
    } else if (fence) {
      let end = at + 1;
      while (end < lines.length && !lines[end].trim().endsWith(fence[1])) end += 1;
      const oneLine = line.trim().length > 2 && fence[1] === "$$" && line.trim().endsWith("$$") && line.trim() !== "$$";
      const last = oneLine ? at : end;
      const inner = oneLine ? [line.trim().slice(2, -2)] : lines.slice(at + 1, last);
      const text = inner.join("\n").trim();
      blocks.push({ tag: "pre", text: fence[1] === "$$" ? plainFormula(text) : text });
      at = last + 1;
    } else if (/^\s*[-*+]\s+/.test(line)) blocks.push({ tag: "ul", items: listItems(/^\s*[-*+]\s+/) });
    else if (/^\s*\d+[.)]\s+/.test(line)) blocks.push({ tag: "ol", items: listItems(/^\s*\d+[.)]\s+/) });
    else if (/^>\s?/.test(line)) blocks.push({ tag: "blockquote", children: parseInline(take(/^>\s?/).join(" ")) });
    else blocks.push({ tag: "p", children: parseInline(paragraph().join(" ")) });
  }
  return blocks;

  /** A line that starts no other block belongs to the item or paragraph before it. */
  function continuation() {
    const taken = [];
    while (at < lines.length && lines[at].trim() !== "" && !/^(\s*([-*+]|\d+[.)])\s+|#{1,6}\s|>|\s*(```|~~~|\$\$))/.test(lines[at])) taken.push(lines[at++].trim());
    return taken;
  }
  function paragraph() {
    const first = lines[at++].trim();
    return [first, ...continuation()];
  }
  function listItems(/** @type {RegExp} */ mark) {
    const items = [];
    while (at < lines.length && mark.test(lines[at])) {
      const first = lines[at++].replace(mark, "").trim();
      items.push(parseInline([first, ...continuation()].join(" ")));
    }
    return items;
  }
}

/** @param {string} text @param {number} [depth] @returns {Inline[]} */
export function parseInline(text, depth = 0) {
  /** @type {Inline[]} */
  const parts = [];
  const pattern = /(`+)(.+?)\1(?!`)|\$([^$\s](?:[^$]*[^$\s])?)\$|\*\*(\S(?:.*?\S)??)\*\*|(?<![\w*])([*_])([^\s*_](?:(?:(?!\5)[^*])*[^\s*])?)\5(?![\w*])|\[([^\]]+)\]\(([^)\s]+)\)/g;
  let end = 0;
  for (const match of depth < MAX_DEPTH && text.length <= MAX_INLINE ? text.matchAll(pattern) : []) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, , code, formula, strong, , emphasis, label, href] = match;
    if (code !== undefined) parts.push({ tag: "code", children: [code.trim()] });
    else if (formula !== undefined) parts.push({ tag: "code", children: [plainFormula(formula)] });
    else if (strong !== undefined) parts.push({ tag: "strong", children: parseInline(strong, depth + 1) });
    else if (emphasis !== undefined) parts.push({ tag: "em", children: parseInline(emphasis, depth + 1) });
    else if (/^https?:\/\//i.test(href)) parts.push({ tag: "a", href, children: parseInline(label, depth + 1) });
    else parts.push(whole);
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Signs that TeX spells out, where one character says the same. @type {Record<string, string>} */
const SIGNS = { cdot: "·", times: "×", sum: "Σ", sqrt: "√", infty: "∞", le: "≤", leq: "≤", ge: "≥", geq: "≥", in: "∈", to: "→", odot: "⊙", alpha: "α", beta: "β", gamma: "γ", theta: "θ", lambda: "λ", mu: "μ", sigma: "σ", ldots: "…", dots: "…", quad: "  ", left: "", right: "" };

/** A TeX formula as one would type it: `\\mathrm{softmax}(QK^T/\\sqrt{D})` becomes `softmax(QKᵀ/√D)`. @param {string} tex */
export function plainFormula(tex) {
  return tex
    .replace(/\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}/g, "($1)/($2)")
    .replace(/\\(?:mathrm|mathbf|mathit|text|operatorname|mathbb)\{([^{}]*)\}/g, "$1")
    .replace(/\\sqrt\{(\w+)\}/g, "√$1")
    .replace(/\\[,;:! ]/g, " ")
    .replace(/\\([A-Za-z]+)\s?/g, (whole, name) => SIGNS[name] ?? name)
    .replace(/\^\{?(?:T|top)\}?/g, "ᵀ")
    .replace(/\{(\w+)\}/g, "$1");
}

/** @param {string} source @returns {DocumentFragment} */
export function renderMarkdown(source) {
  const fragment = document.createDocumentFragment();
  for (const block of parseMarkdown(source)) fragment.append(renderBlock(block));
  return fragment;
}

/** @param {Block} block */
function renderBlock(block) {
  // The page's own title is the h1: a program's headings start below it.
  const element = document.createElement(block.tag === "h" ? `h${Math.min((block.level ?? 1) + 1, 6)}` : block.tag);
  const role = block.tag === "p" ? paragraphRole(block.children?.[0]) : "";
  if (role) element.className = role;
  if (block.text !== undefined) element.textContent = block.text;
  for (const item of block.items ?? []) {
    const entry = document.createElement("li");
    entry.append(...item.map(renderInline));
    element.append(entry);
  }
  element.append(...(block.children ?? []).map(renderInline));
  return element;
}

/** What a program's paragraph is by how it opens: labelled, or the sources. @param {Inline | undefined} first */
function paragraphRole(first) {
  if (typeof first === "string") return /^Sources:/.test(first) ? "sources" : "";
  return first?.tag === "strong" && LABELS.some((label) => label === first.children[0]) ? "labelled" : "";
}

/** A sentence with its inline marks, as nodes. @param {string} text */
export function inlineNodes(text) {
  return parseInline(text).map(renderInline);
}

/** @param {Inline} part @returns {Node} */
function renderInline(part) {
  if (typeof part === "string") return document.createTextNode(part);
  const element = document.createElement(part.tag);
  if (part.href !== undefined && element instanceof HTMLAnchorElement) {
    element.href = part.href;
    element.rel = "noopener noreferrer";
    element.target = "_blank";
  }
  element.append(...part.children.map(renderInline));
  return element;
}
