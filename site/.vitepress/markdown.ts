import { posix } from 'node:path';
import { renderMermaidSVG } from 'beautiful-mermaid';
import type { MarkdownOptions } from 'vitepress';
import { root, siteLink } from './repository.ts';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** The anchor of a heading, as GitHub makes it: links to headings work in both places. */
export function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\- _]/gu, '')
    .replaceAll(' ', '-');
}

/** Diagrams, code groups and links, all written so that the same file reads well on GitHub. */
export function extendMarkdown(md: Markdown): void {
  drawDiagrams(md);
  groupCode(md);
  resolveLinks(md);
}

/** Mermaid diagrams become pictures when the site is built, so that pages load no script for them. */
function drawDiagrams(md: Markdown): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    if (token?.info.trim() !== 'mermaid') return fence?.(tokens, index, options, env, self) ?? '';
    const kind = token.content.startsWith('sequenceDiagram') ? 'Sequence diagram' : 'State diagram';
    const svg = renderMermaidSVG(token.content, { transparent: true, padding: 8 })
      // Its style sheet loads a font from another site. The theme sets the colours.
      .replace(/<style>[\s\S]*?<\/style>/, '')
      .replace(/ style="[^"]*"/, '');
    return `<div class="diagram" tabindex="0" role="region" aria-label="${kind}" v-pre>${svg}</div>`;
  };
}

/** Code blocks with a title (```` ```ts [Koa] ````) that follow each other become tabs. GitHub shows one below the other. */
function groupCode(md: Markdown): void {
  md.core.ruler.push('code-groups', ({ tokens, Token }) => {
    const isTab = (at: number): boolean => {
      const token = tokens[at];
      return token?.type === 'fence' && /\[.+\]/.test(token.info);
    };
    for (let at = 0; at < tokens.length; at += 1) {
      if (!isTab(at) || !isTab(at + 1)) continue;
      let end = at;
      while (isTab(end)) end += 1;
      const open = new Token('container_code-group_open', 'div', 1);
      open.info = ' code-group';
      tokens.splice(end, 0, new Token('container_code-group_close', 'div', -1));
      tokens.splice(at, 0, open);
      at = end + 1;
    }
  });
}

function resolveLinks(md: Markdown): void {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { realPath, path } = env as { readonly realPath?: string; readonly path?: string };
    const file = posix.relative(root, realPath ?? path ?? '');
    for (const token of tokens) {
      for (const child of token.children ?? []) {
        if (child.type === 'link_open')
          child.attrSet('href', siteLink(String(child.attrGet('href') ?? ''), file));
      }
    }
  });
}
