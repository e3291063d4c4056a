import { onTestFinished, vi } from 'vitest';

/** Sets what the browser says about the user's last gesture, until the test is over. */
export function stubUserGesture(isActive: boolean): { isActive: boolean } {
  const userActivation = { isActive };
  vi.stubGlobal('document', globalThis.document ?? {});
  vi.stubGlobal('navigator', new Proxy(navigator, { get: (target, name) => read(target, name) }));
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  return userActivation;

  function read(target: Navigator, name: string | symbol): unknown {
    return name === 'userActivation' ? userActivation : Reflect.get(target, name, target);
  }
}
