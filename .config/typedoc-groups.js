// @ts-check
// Groups the reference of core by what people look for, and lists the modules on the front page. A
// folder of core is a subject, so an export belongs to the group of its folder, or of its file where
// a folder holds several subjects. The options belong to the group of the file that declares them.

import { Application, Comment, CommentTag, Converter, ReflectionKind } from 'typedoc'

/** The group of each path of core; the first that the `file#Name` of an export begins with decides. */
const GROUPS = Object.entries({
  '@phone-auth/core': {
    'phone-auth.ts': 'Start here',
    'any-phone-auth.ts': 'Start here',
    'options/options.ts': 'Start here',
    'phone-number/': 'Start here',
    'session/user-reference.ts': 'Start here',
    'ports/user-store.ts': 'Start here',
    'time/': 'Start here',
    'options/hooks.ts#PhoneChangeResult': 'Step-up and change of number',
    'options/hooks.ts': 'Events and hooks',
    'options/events.ts': 'Events and hooks',
    'options/': 'Options',
    'purge/': 'Options',
    'sign-in/': 'Sign-in',
    'session/': 'Sessions',
    'step-up/': 'Step-up and change of number',
    'phone-change/': 'Step-up and change of number',
    'errors/user-errors.ts#ProfileIssue': 'Profiles',
    'profile/': 'Profiles',
    'user/': 'Profiles',
    'errors/': 'Errors',
  },
  '@phone-auth/core/adapters': {
    'ports/joint-steps.ts': 'Steps over several stores',
    'stores/': 'Steps over several stores',
    'ports/otp-store.ts': 'Store of challenges',
    'challenge/': 'Store of challenges',
    'limits/': 'Budgets',
    'ports/user-store.ts': 'Store of users',
    'profile/': 'Store of users',
    'ports/session-store.ts': 'Store of sessions',
    'ports/sms-sender.ts': 'Senders',
    'delivery/': 'Senders',
    'message/': 'Senders',
    'errors/': 'Senders',
    'ports/code-service.ts': 'Code services',
  },
  PhoneAuthOptions: {
    'ports/joint-steps.ts': 'Stores',
    'options/stores.ts': 'Stores',
    'options/delivery.ts': 'Delivery',
    'options/phone-numbers.ts': 'Phone numbers',
    'options/sign-in.ts': 'Sign-in',
    'options/tokens.ts': 'Secret, tokens and sessions',
    'options/options.ts': 'Profile',
    'options/hooks.ts': 'Hooks',
    'options/operation.ts': 'Operation',
  },
}).flatMap(([parent, paths]) => Object.entries(paths).map(([path, group]) => ({ parent, path, group })))

/** The exports that begin their group, in this order. The others follow in the order of the source. */
const FIRST = ['PhoneAuth', 'PhoneAuthOptions', 'PhoneAuthError', 'AnyPhoneAuthError', 'isPhoneAuthError']

const KINDS =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable |
  ReflectionKind.Function |
  ReflectionKind.Property

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(KINDS)) {
      const file = reflection.isDeclaration() && reflection.sources?.[0]?.fullFileName.split('/packages/core/src/')[1]
      if (!file) continue
      const path = `${file}#${reflection.name}`
      const found = GROUPS.find((group) => group.parent === reflection.parent?.name && path.startsWith(group.path))
      if (found === undefined) continue
      // A function has its comment on its signature.
      const target = reflection.signatures?.[0] ?? reflection
      target.comment ??= new Comment()
      target.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: found.group }]))
    }
  })

  // TypeDoc forms the groups with priority -100.
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => sortGroups(project), -200)
  app.on(Application.EVENT_PROJECT_REVIVE, listModules)
}

/** @param {import('typedoc').ProjectReflection} project */
function sortGroups(project) {
  const rank = (/** @type {{ name: string }} */ { name }) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    if (!module.isDeclaration()) continue
    for (const { children } of module.groups ?? []) children.sort((one, other) => rank(one) - rank(other))
  }
}

/** @param {import('typedoc').ProjectReflection} project */
function listModules(project) {
  const packages = project.getChildrenByKind(ReflectionKind.Module)
  const modules = packages.flatMap((one) => {
    const entryPoints = one.getChildrenByKind(ReflectionKind.Module)
    return entryPoints.length > 0 ? entryPoints : [one]
  })
  project.readme?.push({ kind: 'text', text: '\n\n## Modules\n' })
  for (const target of modules) {
    project.readme?.push(
      { kind: 'text', text: '\n- ' },
      { kind: 'inline-tag', tag: '@link', text: target.name, target },
    )
  }
}
