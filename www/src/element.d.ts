/**
 * The element `<attention-playground>`. Attributes have the names of the properties that are not read-only; see
 * docs/embedding.md.
 */
export class AttentionPlayground extends HTMLElement {
  /** The name of a program that comes with the playground. */
  program: string;
  /** The address of a `.py` or `.ipynb` file. */
  src: string;
  /** The code as the reader has it; another program when it is set. */
  code: string;
  /** The line of the current step, from 1; 0 where there is none. */
  line: number;
  /** The current step, from 0. */
  step: number;
  view: "tensors" | "keys" | "tokens" | "layers";
  controls: "all" | "min" | "none";
  device: WantedDevice;
  theme: "auto" | "light" | "dark";
  /** A number of pixels, or any length of CSS. */
  height: string;
  readonly: boolean;
  /** When it begins: near the view, when the reader presses Run, at once. */
  lazy: "view" | "click" | "no";
  /** The newest run that is on display; null before there is one. */
  readonly lastRun: Run | null;
  /** Runs it now, wherever it stands; null where it could not run. */
  run(): Promise<Run | null>;
  stop(): void;
  stepBy(direction: 1 | -1): void;
  /** Resolves when nothing runs and everything in view is drawn. */
  whenIdle(): Promise<void>;

  addEventListener<Type extends keyof AttentionPlaygroundEventMap>(type: Type, listener: (this: AttentionPlayground, event: AttentionPlaygroundEventMap[Type]) => unknown, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

export interface AttentionPlaygroundEventMap {
  run: CustomEvent<{ device: Device; milliseconds: number; steps: number }>;
  error: CustomEvent<{ type: string; message: string; line: number | null }>;
  step: CustomEvent<{ step: number; of: number; line: number }>;
  edit: CustomEvent<{ code: string }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "attention-playground": AttentionPlayground;
  }
}

/** The folder that the files beside the module are in, if a bundler has moved the module away from them; to be called before anything else. */
export function setAssetBase(folder: string | URL): void;
