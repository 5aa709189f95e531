import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

describe('the service endpoints', () => {
  it('return the name, version and health of the service', async () => {
    const { call } = setup({}, { service: 'acme', version: '1.2.3', docs: 'https://acme.example/docs' })
    const about = { message: 'Phone Auth API', version: '1.2.3', docs: 'https://acme.example/docs' }
    for (const path of ['/api/', '/api']) expect((await call('GET', path)).body).toEqual(about)
    const health = await call('GET', '/api/health')
    expect([health.status, health.body]).toEqual([200, { status: 'ok', service: 'acme', version: '1.2.3' }])
  })

  it('answer with 503 when the database is unavailable', async () => {
    const { call, post, stores, unexpected } = setup()
    const down = async () => Promise.reject(new Error('no such file'))
    stores.otpStore.find = down
    stores.otpStore.open = down
    const health = await call('GET', '/api/health')
    expect([health.status, health.body.status]).toEqual([503, 'unavailable'])
    const start = await post('/auth/signup', { phone_number: PHONE })
    expect([start.status, start.body.error.code, start.headers.get('retry-after')]).toEqual([
      503,
      'store_unavailable',
      '5',
    ])
    expect(JSON.stringify(start.body)).not.toContain('no such file')
    expect(unexpected).toHaveLength(1)
  })

  it('REL-25 answer with 500, without Retry-After, when the database refuses an operation for good', async () => {
    const { post, stores, unexpected } = setup()
    const error = Object.assign(new Error('foreign key of orders'), { isPermanent: true })
    stores.otpStore.open = async () => Promise.reject(error)
    const { status, body, headers } = await post('/auth/signup', { phone_number: PHONE })
    expect([status, body.error, headers.get('retry-after')]).toEqual([500, { code: 'store_misconfigured' }, null])
    expect(body.message).not.toMatch(/again|orders/i)
    expect(unexpected).toMatchObject([{ cause: error }])
  })
})
