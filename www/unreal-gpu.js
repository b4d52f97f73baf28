/**
 * A WebGPU that does nothing: what the engine asks of it as it opens a device is answered.
 * `profile.js` watches with it which functions of the engine a page with a GPU needs, where a build has no browser.
 */

/** An object that has every property; but for those `known`, they are functions that return such objects. @param {Record<string, unknown>} [known] */
function anything(known = {}) {
  const properties = { label: "", then: undefined, ...known };
  return new Proxy(function () {}, {
    get: (_, name) => (name in properties ? properties[name] : typeof name === "symbol" ? undefined : anything()),
    set: () => true,
    apply: () => anything(),
  });
}

const device = anything({ lost: new Promise(() => {}) });

/** More of each than the engine asks for. */
const limits = new Proxy({}, { get: () => 2 ** 30 });

const adapter = anything({ limits, features: { has: () => true }, info: { description: "none" }, requestDevice: async () => device });

export const gpu = { requestAdapter: async () => adapter, getPreferredCanvasFormat: () => "bgra8unorm", wgslLanguageFeatures: new Set() };

/** What wgpu asks a new device about. */
export class OffscreenCanvas {
  getContext() {
    return anything();
  }
}
