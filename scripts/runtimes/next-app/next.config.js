import { APP_BASE_PATH } from './app-base-path.js';

export default { basePath: APP_BASE_PATH };
