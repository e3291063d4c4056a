import { type PageTexts, pageTexts } from '@stepgate/web/html';
import { describe, expect, it } from 'vitest';
import { assetResponse } from '../../../src/endpoints/page/assets.ts';
import { pageResponse } from '../../../src/endpoints/page/page-shell.ts';

const HOSTILE = `"><script>alert(1)</script>'&`;

const { flow } = pageTexts.en as PageTexts;
const page = {
  basePath: '/step-up',
  title: 'Title',
  texts: { flow },
  card: '<p>card</p>',
  site: 'bank.example',
};

describe('pageResponse', () => {
  it('shows what it gets as text, never as markup', async () => {
    const response = pageResponse({
      ...page,
      title: HOSTILE,
      texts: { flow: { ...flow, confirming: HOSTILE } },
      site: HOSTILE,
      data: { requirement: HOSTILE },
      refresh: { seconds: 5, url: `/a?${HOSTILE}`, isCheck: true },
    });
    const [, texts = ''] = (await response.clone().text()).split('id="texts">');
    const html = (await response.text()).replace(texts, '');

    expect(texts).toContain('\\u003cscript>');
    expect(html).not.toContain('<script>');
    expect(html).not.toContain("'&");
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain(
      'data-requirement="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#38;"',
    );
  });

  it('runs right to left when its language does', async () => {
    expect(await pageResponse(page).text()).toContain('<html lang="en" dir="ltr">');
    const arabic = { flow: { ...flow, language: 'ar' } };
    expect(await pageResponse({ ...page, texts: arabic }).text()).toContain('<html lang="ar" dir="rtl">');
  });

  it('continues by itself only without scripts', async () => {
    const html = await pageResponse({
      ...page,
      refresh: { seconds: 5, url: '/next', isCheck: false },
    }).text();

    expect(html).toContain('<noscript><meta http-equiv="refresh" content="5; url=/next"></noscript>');
    expect(html).not.toContain('Check again');
    expect(await pageResponse(page).text()).not.toContain('refresh');
  });

  it('offers a link that checks at once while it waits', async () => {
    const html = await pageResponse({
      ...page,
      refresh: { seconds: 5, url: '/next', isCheck: true },
    }).text();

    expect(html).toContain('<noscript><p class="site"><a href="/next">Check again</a></p></noscript>');
  });

  it('runs no script from its texts, and cannot be framed or stored', () => {
    const { headers } = pageResponse(page);
    const policy = headers.get('content-security-policy') ?? '';

    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('assetResponse', () => {
  it.each([
    ['stepgate-page.js', 'text/javascript'],
    ['stepgate-page.css', 'text/css'],
    ['stepgate.js', 'text/javascript'],
  ])('serves %s as %s', async (name, type) => {
    const response = await assetResponse(name, undefined);
    expect(response?.status).toBe(200);
    expect(response?.headers.get('content-type')).toContain(type);
  });

  it('answers 304 to a browser that has the asset already', async () => {
    const etag = (await assetResponse('stepgate.js', undefined))?.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    expect((await assetResponse('stepgate.js', etag))?.status).toBe(304);
    expect((await assetResponse('stepgate.js', '"other"'))?.status).toBe(200);
  });

  it.each(['', '../../../package.json', 'page.js', '__proto__', 'toString'])(
    'has no asset with the name %j',
    async (name) => {
      expect(await assetResponse(name, undefined)).toBeUndefined();
    },
  );
});
