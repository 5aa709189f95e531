import { type AnyPhoneAuth, isPhoneAuthError, type PhoneAuthErrorCode } from '@phone-auth/core'
import { done } from '../answers/answer.ts'
import { wireSession } from '../answers/session.ts'
import { withTokens } from '../answers/tokens.ts'
import { readOptionalBody } from '../requests/body.ts'
import type { HttpCall } from '../requests/call.ts'
import { logoutAllBody } from '../requests/schemas.ts'
import type { TokenTransport } from '../token-transport/transport.ts'
import type { Route } from './route.ts'

/** The routes for refresh, logout and the sessions of a signed-in user. */
export function sessionRoutes(auth: AnyPhoneAuth, transport: TokenTransport): Route[] {
  // With an expired access token, logout uses the refresh token if the client sends it with every
  // call. It also succeeds if the session has already ended.
  const logoutByEither = async (call: HttpCall) => {
    const refreshToken = transport.lastingToken(call)
    try {
      await auth.logout({ accessToken: transport.accessToken(call) })
    } catch (error) {
      if (refreshToken === undefined || !isOver(error)) throw error
      await auth
        .refresh({ refreshToken })
        .then(({ accessToken }) => auth.logout({ accessToken }))
        .catch((failed: unknown) => {
          if (!isOver(failed)) throw failed
        })
    }
  }

  return [
    {
      method: 'POST',
      path: '/auth/refresh',
      answer: async (call) => {
        const tokens = await auth.refresh({ refreshToken: await transport.refreshToken(call) })
        return withTokens(transport.hand(tokens), { message: 'Token refreshed successfully', data: null })
      },
    },
    {
      method: 'POST',
      path: '/auth/logout',
      answer: async (call) => {
        await logoutByEither(call)
        return { ...done('Logged out successfully'), cookies: transport.cleared }
      },
    },
    {
      method: 'POST',
      path: '/auth/logout-all',
      answer: async (call) => {
        const accessToken = transport.accessToken(call)
        const { keep_current: keepCurrent = false } = await readOptionalBody(call, logoutAllBody)
        const ended = await auth.logoutAll({ accessToken, keepCurrent })
        const answer = done(keepCurrent ? 'Logged out everywhere else' : 'Logged out everywhere', {
          sessions_ended: ended,
        })
        return keepCurrent ? answer : { ...answer, cookies: transport.cleared }
      },
    },
    {
      method: 'GET',
      path: '/auth/sessions',
      answer: async (call) => {
        const sessions = await auth.listSessions({ accessToken: transport.accessToken(call) })
        return done('Your sessions', { sessions: sessions.map(wireSession) })
      },
    },
    {
      method: 'DELETE',
      path: '/auth/sessions/:id',
      answer: async (call, _ip, { id = '' }) => {
        const accessToken = transport.accessToken(call)
        const { sessionId } = await auth.authenticate({ accessToken, checkSession: false })
        await auth.revokeSession({ accessToken, sessionId: id })
        return { ...done('Session ended'), cookies: id === sessionId ? transport.cleared : [] }
      },
    },
  ]
}

const OVER: readonly string[] = [
  'access_token_expired',
  'invalid_access_token',
  'invalid_refresh_token',
  'refresh_token_reused',
] satisfies PhoneAuthErrorCode[]

function isOver(error: unknown): boolean {
  return isPhoneAuthError(error) && OVER.includes(error.code)
}
