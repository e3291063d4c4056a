/**
 * The connection broke because a fault says so. It is a `TypeError` because that is what `fetch` fails with;
 * over a socket the connection is reset instead.
 */
export class ConnectionDropped extends TypeError {
  constructor() {
    super('fetch failed');
    this.name = 'ConnectionDropped';
  }
}
