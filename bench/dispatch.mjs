import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

const socket = new Socket();

function incoming({ method = 'GET', url, headers = {}, body }) {
  const req = new IncomingMessage(socket);
  req.method = method;
  req.url = url;
  req.httpVersion = '1.1';
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.headers = { host: '127.0.0.1:3000', ...headers };
  req.push(body === undefined ? null : Buffer.from(body));
  if (body !== undefined) req.push(null);
  return req;
}

/**
 * Follows a flow by the event stream of a node:http app, without a socket, and passes each view on. A stream that ends
 * before the flow is opened again, as in browsers. Returns a function that closes the stream as a leaving client does.
 */
export function follow(app, request, onView) {
  let res;
  let isOver = false;

  function open() {
    const req = incoming({ ...request, headers: { ...request.headers, accept: 'text/event-stream' } });
    res = new ServerResponse(req);
    res.write = (chunk) => {
      const data = /^data: (.*)$/m.exec(chunk.toString())?.[1];
      if (data === undefined) return true;
      const view = JSON.parse(data);
      isOver ||= view.state === 'approved';
      onView(view);
      return true;
    };
    res.end = () => {
      res.emit('finish');
      res.emit('close');
      if (!isOver) setImmediate(open);
    };
    // The head is written and discarded.
    res.flushHeaders = () => {};
    app(req, res);
  }

  open();
  return () => {
    isOver = true;
    res.destroy();
    res.emit('close');
  };
}

/**
 * Passes a request to a node:http app without a socket, so that only the app's work is measured. Resolves to the complete
 * response.
 */
export function dispatch(app, request) {
  const req = incoming(request);
  const res = new ServerResponse(req);
  const chunks = [];
  res.write = (chunk) => {
    chunks.push(chunk);
    return true;
  };
  return new Promise((resolve) => {
    res.end = (chunk) => {
      if (chunk !== undefined && chunk !== null) chunks.push(chunk);
      // The head is written and discarded: it costs every app the same.
      if (!res.headersSent) res.writeHead(res.statusCode);
      resolve({ status: res.statusCode, headers: res.getHeaders(), body: chunks.join('') });
      res.emit('finish');
      return res;
    };
    app(req, res);
  });
}
