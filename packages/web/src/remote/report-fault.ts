/** How browsers and Node begin to say that there is no network, or that an answer broke off. */
const NO_NETWORK = /^(failed to fetch|fetch failed|load failed|terminated|(a )?network)/i;
const reported = new WeakSet<Error>();

/** Whether an error of `fetch` says that no answer came, as opposed to a fault of the code around it. */
export function isOfNetwork({ name, message }: Error): boolean {
  return /^(Abort|Timeout|Network)Error$/.test(name) || NO_NETWORK.test(message);
}

/**
 * Writes a fault of the app's code or ours to the console, once. Members of the error are left out: a request among them
 * would show its tokens.
 */
export function reportFault(error: Error): void {
  if (reported.has(error)) return;
  reported.add(error);
  console.error(`${error}\n${error.stack}`);
}
