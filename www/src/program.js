/**
 * A program as text: the percent format's cells, Colab's form comments, and
 * notebooks turned into it. Pure functions over strings; nothing here runs code.
 *
 * The percent format is Jupytext's (https://jupytext.readthedocs.io, "The percent
 * format"); the form comments are Colab's (`x = 4  #@param {type:"slider", …}`).
 */
import { texts } from "./texts.js";

/**
 * @typedef {object} Cell
 * @property {"markdown" | "code"} kind
 * @property {number} line first line of the cell, its `# %%` marker included, 1-based
 * @property {number} endLine last line of the cell, 1-based
 * @property {string} text the markdown without its comment signs, or the code
 */

/**
 * @typedef {object} Control a literal in the code that the reader may turn
 * @property {string} name
 * @property {number} line 1-based
 * @property {number} from offset of the literal in the source
 * @property {number} to offset after the literal
 * @property {"slider" | "number" | "integer" | "boolean" | "string" | "choice"} kind
 * @property {number | boolean | string} value
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {(number | boolean | string)[]} [choices]
 */

/** Longer lines are data or noise: they hold no form comment, and the pattern for one could be slow on them. */
const MAX_LINE = 400;
/** A file larger than this is not a program somebody wrote. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MARKER = /^#\s*%%(.*)$/;
const FORM = /^(\s*([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*)(\S.*?)\s*#\s*@param\b\s*(.*)$/;

/** Whether a program says which keys a query sees. @param {string} source */
export function hasVisibleKeys(source) {
  return /^def visible_keys\(/m.test(source);
}

/** The cells of a program in percent format; a file without markers is one code cell. @param {string} source @returns {Cell[]} */
export function cells(source) {
  const lines = source.split("\n");
  /** @type {Cell[]} */
  const found = [];
  let start = 0;
  const close = (/** @type {number} */ end) => {
    if (end > start) found.push(cellFromLines(lines, start, end));
    start = end;
  };
  lines.forEach((line, number) => {
    if (MARKER.test(line)) close(number);
  });
  close(lines.length);
  return found;
}

/** The labels that open a paragraph of a program's first cell, as the programs write them. */
export const LABELS = /** @type {const} */ (["Keeps", "Gives up", "Cache", "Used by", "Also called", "Notes", "Try", "Special", "Identity"]);

/** @typedef {(typeof LABELS)[number]} Label */

/**
 * @typedef {object} Outline what the first markdown cell says of a program
 * @property {string} title its first heading
 * @property {string} summary the first paragraph after it
 * @property {Partial<Record<Label, string>>} labels the labelled paragraphs, their inline marks kept
 */

/** @param {string} source @returns {Outline} */
export function outline(source) {
  const markdown = cells(source).find((cell) => cell.kind === "markdown")?.text ?? "";
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => headingOf(line) !== null);
  const title = headingOf(lines[at] ?? "")?.text ?? "";
  const rest = lines.slice(at + 1).join("\n");
  const paragraphs = rest.split(/\n\s*\n/).map((text) => text.trim().replace(/\s+/g, " ")).filter((text) => text !== "");
  /** @type {Outline["labels"]} */
  const labels = {};
  for (const paragraph of paragraphs) {
    const label = labelOf(paragraph);
    if (label) labels[label] = paragraph.slice(label.length + 4).trim();
  }
  const first = paragraphs[0] ?? "";
  return { title, summary: labelOf(first) ? "" : first, labels };
}

/** What a line says if it is a heading: `## Title ##`. @param {string} line */
export function headingOf(line) {
  const level = /^#{1,6}(?=\s)/.exec(line)?.[0].length ?? 0;
  const text = line.slice(level).trim();
  // By hand, since a pattern for closing signs goes back for every one that closes nothing.
  let end = text.length;
  while (text[end - 1] === "#") end -= 1;
  return level > 0 && end > 0 ? { level, text: text.slice(0, end).trimEnd() } : null;
}

/** The label that a paragraph opens with, as in `**Keeps** a query for every head`. @param {string} paragraph */
function labelOf(paragraph) {
  return LABELS.find((label) => paragraph.startsWith(`**${label}**`));
}

/** The first sentence of a paragraph; the paragraph where no sentence ends in it. @param {string} text */
export function firstSentence(text) {
  // A sentence ends before a capital, so "e.g. the" and "2.4 times" do not end one.
  return /^.+?[.!?](?=\s+[\p{Lu}`*([“"])/u.exec(text)?.[0] ?? text;
}

/** More controls than anybody turns: the rest of a generated file stays text. */
const MAX_CONTROLS = 60;

/** Every form comment whose literal can be edited, in the order of the source. @param {string} source @returns {Control[]} */
export function controls(source) {
  /** @type {Control[]} */
  const found = [];
  let offset = 0;
  source.split("\n").forEach((text, index) => {
    const match = text.length <= MAX_LINE && found.length < MAX_CONTROLS ? FORM.exec(text) : null;
    if (match) {
      const [, head, name, literal, form] = match;
      const value = valueFromLiteral(literal);
      const shape = value === undefined ? undefined : controlFromForm(form, value);
      if (shape && value !== undefined) {
        const from = offset + head.length;
        found.push({ name, line: index + 1, from, to: from + literal.length, value, ...shape });
      }
    }
    offset += text.length + 1;
  });
  return found;
}

/** The Python literal that writes `value` into the code for this control. @param {Control} control @param {number | boolean | string} value */
export function literalFromValue(control, value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (!Number.isFinite(value)) return literalFromValue(control, control.value);
  const isFloat = control.kind === "number" || (control.kind === "slider" && !Number.isInteger(control.step ?? 1));
  return isFloat && Number.isInteger(value) && !Number.isInteger(control.step ?? 1) ? value.toFixed(1) : String(value);
}

/** The source with controls turned: those that it has among `values`, by name, where the value is of the control's kind. @param {string} source @param {Record<string, number | boolean | string>} values */
export function withValues(source, values) {
  let turned = source;
  // From the end, so that the offsets of those before stay true.
  for (const control of controls(source).reverse()) {
    if (!Object.hasOwn(values, control.name)) continue;
    // A text of digits is a number in a link and a text in its control.
    const value = typeof control.value === "string" ? String(values[control.name]) : values[control.name];
    if (typeof value === typeof control.value && value !== control.value) turned = turned.slice(0, control.from) + literalFromValue(control, value) + turned.slice(control.to);
  }
  return turned;
}

/**
 * A notebook's cells in percent format: code cells as they are (lines of `%magic`
 * and `!shell` commented out, since they are not Python), markdown cells as comments.
 * @param {string} json the text of an `.ipynb` file
 * @returns {string}
 * @throws {Error} with one sentence when the file is not a notebook
 */
export function sourceFromNotebook(json) {
  let notebook;
  try {
    notebook = JSON.parse(json);
  } catch {
    throw new Error(texts.program.noJson);
  }
  // Notebooks of format 3 keep their cells one level deeper.
  const list = notebook?.cells ?? notebook?.worksheets?.[0]?.cells;
  if (!Array.isArray(list)) throw new Error(texts.program.noCells);
  // The text that this page wrote it from, if its cells still are what that says.
  const written = notebook.metadata?.attention_playground?.source;
  const isWritten = typeof written === "string" && written.length <= MAX_FILE_BYTES;
  const same = (/** @type {[unknown, string][]} */ some) => JSON.stringify(some.map(([kind, text]) => [kind, text.trim()]).filter(([, text]) => text !== ""));
  if (isWritten && same(cells(written).map(({ kind, text }) => [kind, text])) === same(list.map((cell) => [cell?.cell_type, textFromSource(cell?.source ?? cell?.input)]))) return written;
  const parts = list.flatMap((cell) => {
    const text = textFromSource(cell?.source ?? cell?.input);
    if (text.trim() === "") return [];
    if (cell.cell_type === "markdown") return ["# %% [markdown]\n" + text.split("\n").map((line) => `# ${line}`.trimEnd()).join("\n")];
    if (cell.cell_type === "code") return ["# %%\n" + text.replace(/^([ \t]*)([%!].*)$/gm, "$1# $2")];
    return [];
  });
  if (parts.length === 0) throw new Error(texts.program.noCode);
  return parts.join("\n\n") + "\n";
}

/** @param {string[]} lines @param {number} start @param {number} end @returns {Cell} */
function cellFromLines(lines, start, end) {
  const marker = MARKER.exec(lines[start]);
  const isMarkdown = marker !== null && /\[(markdown|md)\]/.test(marker[1]);
  const body = lines.slice(marker ? start + 1 : start, end);
  // Blank lines between a markdown cell and the next marker are spacing, not content.
  const text = isMarkdown ? body.map((line) => line.replace(/^#\s?/, "")).join("\n").trim() : body.join("\n");
  return { kind: isMarkdown ? "markdown" : "code", line: start + 1, endLine: end, text };
}

/** @param {string} literal @returns {number | boolean | string | undefined} */
function valueFromLiteral(literal) {
  if (literal === "True" || literal === "False") return literal === "True";
  if (/^[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(literal)) return Number(literal.replaceAll("_", ""));
  const text = /^(["'])((?:\\.|(?!\1)[^\\])*)\1$/.exec(literal);
  return text ? text[2].replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character)) : undefined;
}

/** @param {string} form what stands after `@param` @param {number | boolean | string} value @returns {Pick<Control, "kind" | "min" | "max" | "step" | "choices"> | undefined} */
function controlFromForm(form, value) {
  if (form.startsWith("[")) {
    const list = /^\[(.*?)\]/.exec(form)?.[1] ?? "";
    const choices = [...list.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^,\s]+/g)].flatMap(([item]) => valueFromLiteral(item) ?? []);
    return choices.length > 0 ? { kind: "choice", choices } : undefined;
  }
  const options = Object.fromEntries(
    [...form.matchAll(/["']?([\w-]+)["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|([^,}\s]+))/g)].map(([, key, a, b, c]) => [key, a ?? b ?? c]),
  );
  const bounds = Object.fromEntries(
    ["min", "max", "step"].filter((key) => key in options && Number.isFinite(Number(options[key]))).map((key) => [key, Number(options[key])]),
  );
  if (options.type === "slider" && typeof value === "number") return { kind: "slider", min: 0, max: 100, step: 1, ...bounds };
  if (typeof value === "number") return { kind: options.type === "integer" ? "integer" : "number", ...bounds };
  if (typeof value === "boolean") return { kind: "boolean" };
  return { kind: "string" };
}

/** @param {unknown} source a string, or a list of lines that keep their line ends */
function textFromSource(source) {
  return (Array.isArray(source) ? source.join("") : String(source ?? "")).replaceAll("\r\n", "\n");
}
