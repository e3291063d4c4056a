import type { WirePhone } from './control-client.ts';

/** Tells a screen reader what has arrived on the phone, once. */
export function createAnnouncer(node: HTMLElement): (phone: WirePhone) => void {
  let announced = new Set<string>();
  return ({ notifications, enrollments }) => {
    const pushes = notifications.filter(({ status }) => status === 'pending');
    const arrived = new Map([
      ...pushes.map(
        ({ id, client, message }) =>
          [id, `${client} asks for your approval${message === undefined ? '' : `: ${message}`}`] as const,
      ),
      ...enrollments.map(
        ({ barcode_uri, client }) => [barcode_uri, `A QR code of ${client} waits to be scanned`] as const,
      ),
    ]);
    const fresh = [...arrived].filter(([id]) => !announced.has(id));
    announced = new Set(arrived.keys());
    if (fresh.length > 0) node.textContent = fresh.map(([, text]) => text).join('. ');
  };
}
