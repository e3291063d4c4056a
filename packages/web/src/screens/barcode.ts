import { type ElementSpec, h } from '../elements/element.ts';
import { qrCode } from '../elements/qr-code.ts';
import type { ScreenModel } from './screen.ts';

/** The QR code to scan, with links for a phone that cannot scan its own screen; nothing if there is no code. */
export function barcode(model: ScreenModel): ElementSpec | false {
  const { texts } = model;
  const uri = model.view.disclosure?.barcodeUri;
  if (uri === undefined) return false;
  return h(
    'div',
    { key: 'barcode', class: 'barcode' },
    qrCode(uri, texts.qrLabel),
    h(
      'p',
      { class: 'links' },
      // Only the links of authenticator apps are opened: the URI comes from outside.
      /^otpauth:/i.test(uri) && h('a', { href: uri, part: 'link' }, texts.openHere),
      copyButton(model, uri, texts.copyLink),
    ),
  );
}

/** A button that copies a text, where the browser can. */
export function copyButton(
  { canCopy, copied, texts }: ScreenModel,
  text: string,
  label: string,
): ElementSpec | false {
  return (
    canCopy &&
    h(
      'button',
      { class: 'link', type: 'button', onPress: { copy: text } },
      copied === text ? texts.copied : label,
    )
  );
}
