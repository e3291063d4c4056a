import { Auth0Provider, useAuth0 } from '@auth0/auth0-react';
import { Auth0Client } from '@auth0/auth0-spa-js';
import { UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { createElement, type ReactElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

/** What the page of the tests offers; tests call it from outside. */
export interface BrowserApp {
  createSpa(options: ConstructorParameters<typeof Auth0Client>[0]): Auth0Client;
  createUserManager(authority: string): UserManager;
  mountReact(options: { readonly domain: string; readonly clientId: string }): void;
}

declare global {
  interface Window {
    app: BrowserApp;
    spa: Auth0Client;
    manager: UserManager;
  }
}

const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

function Account(): ReactElement {
  const { isLoading, user, loginWithRedirect, loginWithPopup, getIdTokenClaims, logout } = useAuth0();
  const [amr, setAmr] = useState('none');
  if (isLoading) return createElement('p', null, 'loading');
  if (user === undefined) {
    return createElement('button', { type: 'button', onClick: () => void loginWithRedirect() }, 'Sign in');
  }
  const stepUp = async (): Promise<void> => {
    await loginWithPopup({ authorizationParams: { acr_values: multiFactor } });
    const claims = await getIdTokenClaims();
    setAmr(String(claims?.amr));
  };
  const leave = (): void => void logout({ logoutParams: { returnTo: `${location.origin}/react` } });
  return createElement(
    'main',
    null,
    createElement('p', { id: 'user' }, user.nickname),
    createElement('p', { id: 'amr' }, amr),
    createElement('button', { type: 'button', onClick: () => void stepUp() }, 'Step up'),
    createElement('button', { type: 'button', onClick: leave }, 'Sign out'),
  );
}

window.app = {
  createSpa: (options) => new Auth0Client(options),
  createUserManager: (authority) =>
    new UserManager({
      authority,
      client_id: 'stepgate-demo-public',
      redirect_uri: `${location.origin}/callback`,
      popup_redirect_uri: `${location.origin}/popup`,
      silent_redirect_uri: `${location.origin}/silent`,
      post_logout_redirect_uri: `${location.origin}/`,
      scope: 'openid profile',
      filterProtocolClaims: false,
      userStore: new WebStorageStateStore({ store: sessionStorage }),
    }),
  mountReact({ domain, clientId }) {
    const root = document.createElement('div');
    document.body.append(root);
    const authorizationParams = { redirect_uri: `${location.origin}/react` };
    createRoot(root).render(
      createElement(Auth0Provider, { domain, clientId, authorizationParams }, createElement(Account)),
    );
  },
};
