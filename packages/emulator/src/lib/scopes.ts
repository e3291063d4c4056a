/** The scopes in a space-separated string, each once. */
export function parseScopes(scope: unknown): string[] {
  return typeof scope === 'string' ? [...new Set(scope.split(' ').filter((item) => item !== ''))] : [];
}
