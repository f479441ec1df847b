/** How fresh a read has to be: `strong` reads see every write before them, `eventual` ones may miss the last ones. */
export const CONSISTENCIES = ['strong', 'eventual'] as const
export type Consistency = (typeof CONSISTENCIES)[number]

/** The reads that may be told to be eventual where a request does not say. */
export const READS = [
  'posts.list',
  'posts.find',
  'posts.stats',
  'comments.list',
  'company.find',
  'company.analytics',
  'users.list',
  'projects.list',
  'projects.find',
  'tasks.list',
  'tasks.find',
] as const
export type ReadName = (typeof READS)[number]
