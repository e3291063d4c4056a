import { type Bitmap2D, generate } from 'lean-qr/nano';
import { type ElementSpec, h } from './element.ts';

/** About how wide it is, in pixels. A module is a whole number of pixels, so that it stays sharp. */
const WIDTH = 232;
/** Light modules around the code that scanners need. */
const QUIET_ZONE = 3;

const drawn = new Map<string, ElementSpec>();

/** A QR code as SVG. It is always dark on light, whatever the page's colours, since many cameras need that. */
export function qrCode(text: string, label: string): ElementSpec {
  const known = drawn.get(text);
  if (known !== undefined) return known;
  const code = generate(text);
  const side = code.size + 2 * QUIET_ZONE;
  const width = side * Math.max(3, Math.floor(WIDTH / side));
  const spec = h(
    'svg',
    {
      class: 'qr',
      part: 'qr',
      role: 'img',
      'aria-label': label,
      width,
      height: width,
      viewBox: `0 0 ${side} ${side}`,
      'shape-rendering': 'crispEdges',
    },
    h('rect', { width: side, height: side, fill: '#fff' }),
    h('path', { d: pathOf(code), fill: '#000' }),
  );
  drawn.clear();
  drawn.set(text, spec);
  return spec;
}

/** One horizontal bar per run of dark modules. */
function pathOf({ size, get }: Bitmap2D): string {
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const from = x;
      while (get(x, y)) x += 1;
      if (x > from) path += `M${from + QUIET_ZONE} ${y + QUIET_ZONE}h${x - from}v1h${from - x}z`;
    }
  }
  return path;
}
