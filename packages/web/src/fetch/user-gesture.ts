/**
 * Whether the user has just clicked, tapped or typed in this page: only then may a call send a push by itself. The
 * browser says so for about five seconds (HTML standard, section 6.4, "user activation"). A browser that cannot say it
 * counts as "no", so that a link to a page can never send a push. Where there is no document (a worker, Node), there is
 * no page to link to, and the answer is "yes".
 */
export function hasUserGesture(): boolean {
  if (globalThis.document === undefined) return true;
  const { userActivation } = navigator as Partial<Navigator>;
  return userActivation?.isActive === true;
}
