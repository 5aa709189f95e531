import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com' }

describe('null and ""', () => {
  for (const empty of [null, '']) {
    it(`mean an absent field in every endpoint: ${JSON.stringify(empty)}`, async () => {
      const { call, post, clock, codeFor, stores } = setup()
      const statuses: number[] = []
      const send = async (path: string, body: object, token?: string) => {
        const { status, body: answer } = await post(path, body, token)
        statuses.push(status)
        return answer
      }
      const { challenge_id } = (await send('/auth/signup', { phone_number: PHONE, device_token: empty })).data
      clock.advance(30)
      await send('/auth/resend', { challenge_id, phone_number: empty })
      clock.advance(60)
      await send('/auth/resend', { challenge_id: empty, phone_number: PHONE })
      const verify = { phone_number: PHONE, otp_code: codeFor(), challenge_id: empty, device_token: empty }
      const { token } = await send('/auth/verify-otp', verify)
      const optional = { bio: empty, location: empty, birth_date: empty, avatar: empty }
      await send('/auth/complete-profile', { phone_number: PHONE, ...ADA, ...optional }, token)
      expect((await stores.userStore.findById(1))?.profile.fields).toEqual(ADA)
      const patched = await call('PATCH', '/auth/profile', { ...optional, name: 'Ada' }, token)
      expect([patched.status, patched.body.bio]).toEqual([200, null])
      clock.advance(3600)
      await send('/auth/login', { phone_number: PHONE, device_token: empty })
      const { token: second } = await send('/auth/verify-login', { ...verify, otp_code: codeFor() })
      expect((await send('/auth/logout-all', { keep_current: empty }, second)).data.sessions_ended).toBe(2)
      expect(statuses.filter((status) => status !== 200)).toEqual([])
    })

    it(`of a required field are refused as missing: ${JSON.stringify(empty)}`, async () => {
      const { post, signIn } = setup()
      const token = await signIn()
      const cases = [
        ['/auth/signup', { phone_number: empty }, 'phone_number is required.'],
        ['/auth/signup', {}, 'phone_number is required.'],
        ['/auth/verify-otp', { phone_number: PHONE, otp_code: empty }, 'otp_code is required.'],
        ['/auth/verify-otp', { phone_number: empty, otp_code: '123456' }, 'phone_number or challenge_id is required.'],
        ['/auth/resend', { challenge_id: empty }, 'phone_number or challenge_id is required.'],
        ['/auth/refresh', { refresh_token: empty }, 'refresh_token is required.'],
        ['/auth/change-phone', { phone_number: empty }, 'phone_number is required.'],
        ['/auth/verify-change-phone', { challenge_id: empty, otp_code: '1' }, 'challenge_id is required.'],
        ['/auth/verify-step-up', { challenge_id: 'x', otp_code: empty }, 'otp_code is required.'],
        ['/auth/complete-profile', { phone_number: empty, ...ADA }, 'phone_number is required.'],
      ] as const
      for (const [path, body, message] of cases) {
        const answer = await post(path, body, token)
        expect([answer.status, answer.body.message], path).toEqual([400, message])
      }
      const { body } = await post('/auth/complete-profile', { phone_number: PHONE, ...ADA, email: empty }, token)
      expect(body.error).toEqual({
        code: 'invalid_profile',
        field: 'email',
        issues: [{ field: 'email', message: empty === null ? 'is required' : 'must be an e-mail address' }],
      })
    })

    it(`do not hide an unknown field: ${JSON.stringify(empty)}`, async () => {
      const { call, post, signIn } = setup()
      const token = await signIn()
      for (const field of ['colour', 'constructor', 'phoneNumber']) {
        const { status, body } = await post('/auth/signup', { phone_number: PHONE, [field]: empty })
        expect([status, body.error.field]).toEqual([400, field])
        const patched = await call('PATCH', '/auth/profile', { [field]: empty }, token)
        expect([patched.status, patched.body.error.field]).toEqual([400, field])
      }
    })
  }

  it('are told apart from values of a wrong type', async () => {
    const { post, signIn } = setup()
    const token = await signIn()
    const answers = [
      await post('/auth/signup', { phone_number: 5 }),
      await post('/auth/logout-all', { keep_current: 'yes' }, token),
      await post('/auth/signup', []),
      await post('/auth/signup', null),
      await post('/auth/signup', '""'),
    ]
    expect(answers.map(({ status, body }) => [status, body.message])).toEqual([
      [400, 'phone_number must be a string.'],
      [400, 'keep_current must be true or false.'],
      [400, 'body must be a JSON object.'],
      [400, 'body must be a JSON object.'],
      [400, 'body must be a JSON object.'],
    ])
  })
})
