/** Python in colours for code that stands still: what CodeMirror would colour, without CodeMirror. */
import { h } from "./dom.js";

/** In this order: what begins like a keyword may be a name, and what stands in a text is no comment. */
const TOKENS = [
  ["comment", /#.*/y],
  ["string", /[rbfu]{0,2}("""|''')(?:\\[^]|(?!\1)[^\\])*(?:\1|$)/iy],
  ["string", /[rbfu]{0,2}(["'])(?:\\.|(?!\1)[^\\\n])*\1?/iy],
  ["number", /(?:0[xob][\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?j?)\b/iy],
  ["bool", /(?:True|False)\b/y],
  ["keyword", /(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|self|try|while|with|yield)\b/y],
  ["", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["", /[^\p{L}_#"'\d.]+|./suy],
];

/** The words of a program with what each is, "" for nothing that has a colour. @param {string} code @returns {{ kind: string, text: string }[]} */
export function tokens(code) {
  const found = [];
  let at = 0;
  let last = "";
  while (at < code.length) {
    for (const [kind, pattern] of /** @type {[string, RegExp][]} */ (TOKENS)) {
      pattern.lastIndex = at;
      const text = pattern.exec(code)?.[0];
      if (!text) continue;
      const isName = kind === "" && /^[\p{L}_]/u.test(text);
      found.push({ kind: isName && (last === "def" || last === "class") ? "definition" : kind, text });
      if (text.trim() !== "") last = text;
      at += text.length;
      break;
    }
  }
  return found;
}

/** The lines of a program, each as what it shows. @param {string} code @returns {(Node | string)[][]} */
export function colouredLines(code) {
  /** @type {(Node | string)[][]} */
  const lines = [[]];
  for (const { kind, text } of tokens(code)) {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines[lines.length - 1].push(kind === "" ? part : h("span", { class: `tok-${kind}` }, part));
    }
  }
  return lines;
}
