import { describe, expect, it } from 'vitest'
import { ERROR_STATUS } from '../../src/errors/status.ts'
import { SmsUnavailableError, StoreUnavailableError } from '../../src/index.ts'
import { PHONE, rejection, setup, wrong } from '../setup.ts'

describe('errors', () => {
  it('have the HTTP status of their code, and do not print it', async () => {
    const { auth, codeFor } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE, ip: '203.0.113.7' })
    const errors = [
      await rejection(auth.start({ phoneNumber: 'x', ip: '203.0.113.7' })),
      await rejection(auth.start({ phoneNumber: '+919876543210', ip: '203.0.113.7' })),
      await rejection(auth.start({ phoneNumber: PHONE, ip: '203.0.113.7' })),
      await rejection(auth.verify({ challengeId, code: wrong(codeFor()), ip: '203.0.113.7' })),
      await rejection(auth.verify({ challengeId: 'x', code: '123456', ip: '203.0.113.7' })),
      await rejection(auth.authenticate({ accessToken: 'x' })),
      await rejection(auth.getProfile({ userId: 7 })),
      new SmsUnavailableError(false),
      new StoreUnavailableError(null),
    ]
    expect(errors.map(({ code, status }) => [code, status])).toEqual([
      ['invalid_phone_number', 400],
      ['region_not_allowed', 403],
      ['rate_limited', 429],
      ['invalid_code', 422],
      ['challenge_expired', 410],
      ['invalid_access_token', 401],
      ['user_not_found', 404],
      ['sms_unavailable', 503],
      ['store_unavailable', 503],
    ])
    for (const error of errors) {
      expect(error.status).toBe(ERROR_STATUS[error.code as keyof typeof ERROR_STATUS])
      expect(Object.keys(error)).not.toContain('status')
      // Koa sets the status that it answers with.
      Object.assign(error, { status: 418 })
      expect(error.status).toBe(418)
    }
  })
})
