import { GlobalWindow } from 'happy-dom';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentPresence } from '../../src/remote/presence.ts';

afterEach(() => vi.unstubAllGlobals());

function openWindow(): GlobalWindow {
  const window = new GlobalWindow();
  vi.stubGlobal('window', window);
  return window;
}

describe('the presence of a document', () => {
  it.each(['visibilitychange', 'pageshow', 'offline', 'online'])(
    'reports %s until it is unsubscribed',
    (type) => {
      const window = openWindow();
      const heard = vi.fn();
      const target = type === 'visibilitychange' ? window.document : window;
      const unsubscribe = documentPresence().subscribe(heard);

      target.dispatchEvent(new window.Event(type, { bubbles: true }));
      unsubscribe();
      target.dispatchEvent(new window.Event(type, { bubbles: true }));

      expect(heard).toHaveBeenCalledOnce();
    },
  );

  it('is offline only if the browser says so', () => {
    expect(documentPresence().isOffline).toBe(false);

    vi.stubGlobal('navigator', { onLine: false });

    expect(documentPresence().isOffline).toBe(true);
  });

  it('is visible and online without a document', () => {
    const presence = documentPresence();

    expect(presence).toMatchObject({ isHidden: false, isOffline: false });
    expect(() => presence.subscribe(() => {})()).not.toThrow();
  });
});
