import { onContentUpdated, type Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { onMounted } from 'vue';
import { BankInPage } from './bank/BankInPage.ts';
import { rememberTabs, showRememberedTab } from './remember-tabs.ts';
import './style.css';
import './bank/bank.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => void app.component('BankInPage', BankInPage),
  setup() {
    onMounted(rememberTabs);
    onContentUpdated(showRememberedTab);
  },
} satisfies Theme;
