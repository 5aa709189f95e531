import { hasControls, hasLink } from './plain-text.ts'

/**
 * The bundled texts, by language. Each begins with the code and avoids nouns that change with the
 * number of minutes. Each uses only GSM-7 characters if the language allows it: `código` would more
 * than double the price of a Spanish message, and Portuguese messages are usually written without
 * this accent.
 */
export const BUNDLED_TEMPLATES: Readonly<Record<string, string>> = {
  en: '{code} is your {application} code. It expires in {minutes} min.',
  hi: '{code} आपका {application} कोड है। {minutes} मिनट मान्य।',
  es: '{code} es tu clave para entrar en {application}. Caduca en {minutes} min.',
  pt: '{code} é o seu codigo para entrar em {application}. Expira em {minutes} min.',
  fr: '{code} est votre code {application}. Il expire dans {minutes} min.',
  de: '{code} ist Ihr {application}-Code. Er ist {minutes} Min. gültig.',
  ar: '{code} رمزك في {application}. المدة: {minutes} د',
  id: '{code} adalah kode {application} Anda. Berlaku {minutes} menit.',
  zh: '{code} 是您的 {application} 验证码，{minutes} 分钟内有效。',
  ja: '{code} は {application} の認証コードです。{minutes} 分間有効です。',
}

const PLACEHOLDERS = ['{code}', '{application}', '{minutes}']

/** What is wrong with a template, one sentence each; empty if it is valid. */
export function templateProblems(template: unknown): string[] {
  if (typeof template !== 'string') return ['must be a string.']
  const braced = template.match(/\{[^{}]*\}?|\}/g) ?? []
  const unknown = braced.filter((placeholder) => !PLACEHOLDERS.includes(placeholder))
  const problems: string[] = []
  if (braced.filter((placeholder) => placeholder === '{code}').length !== 1)
    problems.push('must contain {code} exactly once.')
  if (unknown.length > 0)
    problems.push(`contains ${unknown[0]}, which is not a placeholder. Use only ${PLACEHOLDERS.join(', ')}.`)
  // A word in a placeholder's place shows links such as `{application}.com`.
  if (hasLink(template.replace(/\{[a-z]+\}/g, 'xx'))) problems.push('must not contain @, # or a link.')
  if (hasControls(template)) problems.push('must not contain line breaks or other control characters.')
  return problems
}

/** The template with its placeholders filled in. */
export function filledIn(template: string, values: { code: string; application: string; minutes: number }): string {
  return template.replace(/\{(code|application|minutes)\}/g, (_, name: keyof typeof values) => String(values[name]))
}
