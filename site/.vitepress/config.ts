import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { withContentPolicy } from './content-policy.ts';
import { writeMarkdown } from './machine-readable.ts';
import { extendMarkdown, slugify } from './markdown.ts';
import { pageOf, siteUrl } from './repository.ts';
import { sidebar } from './sidebar.ts';

export default defineConfig({
  title: 'Stepgate',
  description: 'Step-up authentication by push approval for Node',
  lang: 'en',
  base: process.env.SITE_BASE ?? '/',
  // Pages stay where they are in the repository.
  srcDir: '..',
  srcExclude: [
    '*.md',
    'docs/README.md',
    '{examples,e2e,bench,soak,suites,scripts}/**',
    '.{changeset,github,ci}/**',
    'packages/*/!(README).md',
    'packages/*/*/**',
    'site/api/README.md',
  ],
  outDir: '.vitepress/dist',
  cacheDir: '.vitepress/cache',
  cleanUrls: true,
  rewrites: (file) => pageOf(file) ?? file,
  sitemap: { hostname: siteUrl },
  buildEnd: writeMarkdown,
  transformHtml: withContentPolicy,
  transformHead: ({ pageData: { relativePath, isNotFound }, siteData }) =>
    isNotFound || relativePath === 'index.md'
      ? []
      : [['link', { rel: 'alternate', type: 'text/markdown', href: siteData.base + relativePath }]],
  markdown: { anchor: { slugify }, config: extendMarkdown },
  vite: {
    plugins: [
      {
        // Pages outside of this folder have no `vue` beside them.
        name: 'vue-of-the-site',
        enforce: 'pre',
        resolveId(id, importer) {
          if (!/^vue(\/|$)/.test(id) || importer?.includes('/node_modules/')) return null;
          return this.resolve(id, fileURLToPath(import.meta.url), { skipSelf: true });
        },
      },
    ],
  },
  themeConfig: {
    search: {
      provider: 'local',
      // Guides come before the API, and before the list of all that the doctor says, which has every word.
      options: {
        miniSearch: {
          searchOptions: { boostDocument: (id) => (/\/api\/|#what-the-doctor-says$/.test(id) ? 0.1 : 1) },
        },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Guides', link: '/guides/quick-start' },
      { text: 'Concepts', link: '/concepts/how-it-works' },
      { text: 'Reference', link: '/reference/options' },
    ],
    sidebar: sidebar.map(({ text, items }) => ({ text, items: [...items], collapsed: text === 'API' })),
  },
});
