import * as semver from "semver";

export function newest(versions: string[], range: string): string | null {
  return semver.maxSatisfying(versions, range);
}
