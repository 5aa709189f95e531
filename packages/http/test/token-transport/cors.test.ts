import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

const PAGE = 'https://www.example.com'

/** A browser on a page of `origin` that calls the API at another origin. */
function page(origin: string, site: 'same-site' | 'cross-site' = 'same-site', origins = [PAGE]) {
  const { handler, codeFor } = setup({}, { cookies: { origins } })
  const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    handler(
      new Request(`https://api.example.com${path}`, {
        method,
        headers: { host: 'api.example.com', origin, 'sec-fetch-site': site, ...headers },
        ...(body !== undefined && { body }),
      }),
      { ip: '203.0.113.7' },
    )
  /** As the Fetch Standard says: `null` if the browser refuses the request or its answer. */
  const fetched = async (method: string, path: string, body?: object) => {
    const asking = { 'access-control-request-method': method, 'access-control-request-headers': 'content-type' }
    const preflight = await send('OPTIONS', path, asking)
    const isAllowed =
      preflight.ok &&
      preflight.headers.get('access-control-allow-origin') === origin &&
      preflight.headers.get('access-control-allow-credentials') === 'true' &&
      preflight.headers.get('access-control-allow-methods')?.split(', ').includes(method) === true &&
      preflight.headers.get('access-control-allow-headers')?.split(', ').includes('content-type') === true
    if (!isAllowed) return null
    const response = await send(method, path, { 'content-type': 'application/json' }, JSON.stringify(body))
    const isReadable =
      response.headers.get('access-control-allow-origin') === origin &&
      response.headers.get('access-control-allow-credentials') === 'true'
    return isReadable ? response : null
  }
  return { send, fetched, codeFor }
}

describe('the origins of cookies', () => {
  it('SES-2 take effect: their pages sign in, and read answers and failures', async () => {
    const { fetched, codeFor } = page(PAGE)
    expect((await fetched('POST', '/auth/signup', { phone_number: PHONE }))?.status).toBe(200)
    const limited = await fetched('POST', '/auth/signup', { phone_number: PHONE })
    expect([limited?.status, limited?.headers.get('access-control-expose-headers')]).toEqual([
      429,
      'retry-after, www-authenticate',
    ])
    const verified = await fetched('POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([verified?.status, verified?.headers.getSetCookie().length]).toEqual([200, 2])
    expect((await fetched('PATCH', '/auth/profile', {}))?.status).toBe(401)
    expect((await fetched('DELETE', '/auth/account', {}))?.status).toBe(401)
    expect((await fetched('POST', '/auth/nowhere', {}))?.status).toBe(404)
  })

  it('HTTP-1 get no header for the pages of any other origin', async () => {
    for (const origin of [
      'https://evil.example',
      'https://www.example.com.evil.example',
      'http://www.example.com',
      'null',
    ]) {
      const { fetched, send } = page(origin)
      expect(await fetched('POST', '/auth/signup', { phone_number: PHONE }), origin).toBeNull()
      for (const method of ['OPTIONS', 'GET', 'POST']) {
        const { headers } = await send(method, '/auth/profile', { 'access-control-request-method': 'POST' })
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
        expect(headers.get('vary')).toBe('origin')
      }
    }
  })

  it('are refused at the first request if the page is on another site, where cookies have no effect', async () => {
    const { fetched } = page('https://www.example.org', 'cross-site', ['https://www.example.org'])
    const response = await fetched('POST', '/auth/signup', { phone_number: PHONE })
    expect(response?.status).toBe(403)
    expect(await response?.json()).toMatchObject({
      message: 'The page is on another site, to which browsers send no cookies.',
      error: { code: 'cross_origin' },
    })
  })

  it('leave OPTIONS requests that are no preflight to the routes', async () => {
    const { send } = page(PAGE)
    const { status, headers } = await send('OPTIONS', '/auth/signup', {})
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
  })
})
