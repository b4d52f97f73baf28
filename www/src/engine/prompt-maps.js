/**
 * Firefox looks every 100 ms whether a buffer that is waited for can be read (its bug 1870699), and whenever something
 * is submitted: so nothing is submitted, every millisecond, while one is waited for.
 */
const MILLISECONDS = 1;

/** To be called in a worker before it asks for a device. */
export function makeMapsPrompt() {
  if (!navigator.gpu || !navigator.userAgent.includes("Firefox")) return;
  /** @type {GPUQueue | undefined} */
  let queue;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...words) {
    const device = await requestDevice.apply(this, words);
    queue = device.queue;
    return device;
  };
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = function (...words) {
    const mapped = mapAsync.apply(this, words);
    const asking = setInterval(() => queue?.submit([]), MILLISECONDS);
    const stop = () => clearInterval(asking);
    mapped.then(stop, stop);
    return mapped;
  };
}
