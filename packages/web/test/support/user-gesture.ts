import { onTestFinished, vi } from 'vitest';

/** A page of which the browser says whether the user has just acted in it, until the test is over. */
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
