export const APP_BASE_PATH = '/shop';
