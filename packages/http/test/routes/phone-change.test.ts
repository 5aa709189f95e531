import { describe, expect, it } from 'vitest'
import { setup } from '../setup.ts'

const OTHER_PHONE = '+14155550102'

describe('the phone change endpoints', () => {
  it('ACC-3 change the number, and report that it is taken only after its code was verified', async () => {
    const { call, codeFor, post, signIn } = setup()
    await signIn(OTHER_PHONE)
    const token = await signIn()
    const taken = await post('/auth/change-phone', { phone_number: OTHER_PHONE }, token)
    expect([taken.status, taken.body.data.phone_number]).toEqual([200, OTHER_PHONE])
    const free = await post('/auth/change-phone', { phone_number: '+1 415 555 0103' }, token)
    expect(Object.keys(free.body.data)).toEqual(Object.keys(taken.body.data))

    const conflict = await post(
      '/auth/verify-change-phone',
      { challenge_id: taken.body.data.challenge_id, otp_code: codeFor(OTHER_PHONE) },
      token,
    )
    expect([conflict.status, conflict.body.error]).toEqual([409, { code: 'phone_number_taken', field: 'phone_number' }])
    const changed = await post(
      '/auth/verify-change-phone',
      { challenge_id: free.body.data.challenge_id, otp_code: codeFor('+14155550103') },
      token,
    )
    expect(changed.body).toEqual({
      success: true,
      message: 'Phone number changed successfully',
      data: { phone_number: '+14155550103' },
      token: null,
    })
    expect((await call('GET', '/auth/profile', undefined, token)).body.phone_number).toBe('+14155550103')
    const own = await post('/auth/change-phone', { phone_number: '+14155550103' }, token)
    expect([own.status, own.body.error.field]).toEqual([400, 'phone_number'])
  })
})
