import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WebAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  body: any;
}

/** A script on the admin API of a server that runs, signed in by name and password as the page is. */
export class WebClient {
  readonly #port: number;
  #headers: Record<string, string> = {};

  private constructor(port: number) {
    this.#port = port;
  }

  static async signIn(
    server: { adminPort: number; adminPassword: string },
    name = 'admin',
    password = server.adminPassword,
  ): Promise<WebClient> {
    const client = new WebClient(server.adminPort);
    const login = () => client.#exchange('POST', '/api/session', { name, password });
    let { status, body, cookie } = await login();
    // On a machine with much to do the first account is made while the server listens already.
    for (let tries = 0; status === 401 && password === server.adminPassword && tries < 4; tries++) {
      await sleep(2000);
      ({ status, body, cookie } = await login());
    }
    if (status !== 200 && status !== 201) throw new Error(`not signed in: ${status} ${body?.detail}`);
    client.#headers = { cookie, 'x-csrf-token': body.csrfToken };
    return client;
  }

  get(path: string): Promise<WebAnswer> {
    return this.#exchange('GET', path);
  }

  post(path: string, body?: unknown): Promise<WebAnswer> {
    return this.#exchange('POST', path, body);
  }

  put(path: string, body?: unknown): Promise<WebAnswer> {
    return this.#exchange('PUT', path, body);
  }

  delete(path: string): Promise<WebAnswer> {
    return this.#exchange('DELETE', path);
  }

  async #exchange(method: string, path: string, body?: unknown): Promise<WebAnswer & { cookie: string }> {
    const headers = { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const options = { host: '127.0.0.1', port: this.#port, method, path, headers, rejectUnauthorized: false };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(options, resolve)
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const isJson = /json/.test(response.headers['content-type'] ?? '');
    return {
      status: response.statusCode ?? 0,
      body: isJson ? JSON.parse(text) : text,
      cookie: (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; '),
    };
  }
}
