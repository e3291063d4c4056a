import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { BankInPage } from './bank/BankInPage.ts';
import './style.css';
import './bank/bank.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => void app.component('BankInPage', BankInPage),
} satisfies Theme;
