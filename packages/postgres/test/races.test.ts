import { testRaces } from '../../kysely/test/races.ts'
import { postgresSubject } from './subject.ts'

testRaces(postgresSubject)
