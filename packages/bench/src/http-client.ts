import { Agent, request } from 'node:http'
import type { ContenderName, Operation } from './contender.ts'
import type { Item } from './contender-process.ts'
import { ORIGIN } from './settings.ts'

/** An answer over HTTP. */
interface Answer {
  readonly cookies: readonly string[]
  readonly body: { readonly token?: string; readonly data?: { readonly challenge_id?: string } | null }
}

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** Reads the challenge or the credential from the answer. */
  readonly read?: (answer: Answer) => unknown
}

/** An HTTP client of a contender, which keeps its connections open. */
export function httpClient(name: ContenderName, port: number) {
  // Calls beyond this number wait for a connection.
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const callOf = name.startsWith('better-auth') ? betterAuthCall : contractCall
  return {
    call: async (operation: Operation, item: Item): Promise<unknown> => {
      const call = callOf(operation, item)
      const answer = await send(agent, port, { 'x-address': item.address, ...call.headers }, call)
      return call.read?.(answer)
    },
    close: () => agent.destroy(),
  }
}

function contractCall(operation: Operation, { phoneNumber, challenge, code, credential }: Item): Call {
  const headers = { authorization: `Bearer ${credential}` }
  switch (operation) {
    case 'send':
    case 'send again':
      return {
        method: 'POST',
        path: '/auth/login',
        body: { phone_number: phoneNumber },
        read: ({ body }) => body.data?.challenge_id,
      }
    case 'sign-up':
    case 'login':
      return {
        method: 'POST',
        path: '/auth/verify-login',
        body: { challenge_id: challenge, otp_code: code },
        read: ({ body }) => body.token,
      }
    case 'profile':
      return { method: 'GET', path: '/auth/profile', headers }
    case 'logout':
      return { method: 'POST', path: '/auth/logout', headers }
  }
}

function betterAuthCall(operation: Operation, { phoneNumber, code, credential }: Item): Call {
  const headers = { cookie: credential, origin: ORIGIN }
  switch (operation) {
    case 'send':
    case 'send again':
      return { method: 'POST', path: '/api/auth/phone-number/send-otp', body: { phoneNumber } }
    case 'sign-up':
    case 'login':
      return {
        method: 'POST',
        path: '/api/auth/phone-number/verify',
        body: { phoneNumber, code },
        read: ({ cookies }) => cookies[0]?.split(';')[0],
      }
    case 'profile':
      return { method: 'GET', path: '/api/auth/get-session', headers }
    case 'logout':
      return { method: 'POST', path: '/api/auth/sign-out', headers, body: {} }
  }
}

function send(
  agent: Agent,
  port: number,
  headers: Readonly<Record<string, string>>,
  { method, path, body }: Call,
): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const contentHeaders =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, port, host: '127.0.0.1', method, path, headers: { ...headers, ...contentHeaders } },
      (response) => {
        let received = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          received += part
        })
        response.on('end', () => {
          if (response.statusCode !== 200) reject(new Error(`${method} ${path}: ${response.statusCode} ${received}`))
          else resolve({ cookies: response.headers['set-cookie'] ?? [], body: JSON.parse(received) })
        })
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}
