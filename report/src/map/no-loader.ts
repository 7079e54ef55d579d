// In place of the library's loader of features from a URL (see build.mjs): the page has no code that makes a request.
export function xhr(): never {
  throw new Error("the page makes no requests");
}
