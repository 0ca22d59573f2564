// The rule of tests/guests/twin, in JavaScript on the bare contract: the findings have to be the same.

import { get as getObject } from "sluice:policy/context@0.1.0";
import { write } from "sluice:policy/log@0.1.0";

const PATHS = [
  "$.spec.template.spec['containers','initContainers'][*].image",
  "$.spec['containers','initContainers'][*].image",
];

let exempt = [];
let namespaces = false;

export const plugin = {
  describe() {
    return {
      name: "twin",
      version: "0.1.0",
      scope: "resource",
      kinds: [
        { group: "apps", version: "*", kind: "*" },
        { group: "", version: "*", kind: "Pod" },
      ],
      rules: [
        {
          id: "mutable-tag",
          severity: "error",
          summary: "an image names a tag that does not move",
          help: "the node that starts the pod next may run another image: write a version or a digest",
          url: undefined,
        },
        {
          id: "unknown-namespace",
          severity: "warning",
          summary: "a namespace exists",
          help: "add the Namespace to the set",
          url: undefined,
        },
      ],
      settingsSchema: undefined,
      context: [],
    };
  },

  configure(text) {
    const settings = JSON.parse(text);
    if (settings.exempt !== undefined && !Array.isArray(settings.exempt)) {
      throw [{ pointer: "/exempt", message: "not a list of images" }];
    }
    exempt = settings.exempt ?? [];
    namespaces = settings.namespaces === true;
  },
};

export const validation = {
  check(subjects) {
    return subjects.flatMap((manifest, subject) => judge(subject, manifest));
  },
};

function judge(subject, manifest) {
  const findings = [];
  const identity = manifest.identity();
  const tape = manifest.tape();
  const count = new DataView(tape.buffer, tape.byteOffset, tape.byteLength).getUint32(4, true);
  write(`${identity.kind} ${identity.name}: ${count} nodes`);

  for (const path of PATHS) {
    for (const node of manifest.select(path)) {
      const image = JSON.parse(node.value);
      if (!isMutable(image) || exempt.includes(image)) continue;
      const replicas = manifest.get("/spec/replicas") ?? "no";
      const fixed = `${image.replace(/:latest$/, "")}:1.0.0`;
      findings.push({
        subject,
        rule: "mutable-tag",
        pointer: node.pointer,
        message: `\`${image}\` can change under ${replicas} replicas`,
        severity: manifest.previous() ? "warning" : undefined,
        fix: [{ tag: "replace", val: { pointer: node.pointer, value: JSON.stringify(fixed) } }],
      });
    }
  }
  if (namespaces && identity.namespace) {
    const namespace = { apiVersion: "v1", kind: "Namespace", namespace: undefined, name: identity.namespace };
    if (!getObject(namespace)) {
      findings.push({
        subject,
        rule: "unknown-namespace",
        pointer: "/metadata/namespace",
        message: `\`${identity.namespace}\` is not in the set`,
        severity: undefined,
        fix: [],
      });
    }
  }
  return findings;
}

/** Whether the tag of an image may move: it is `latest`, or not written at all. */
function isMutable(image) {
  const last = image.split("/").at(-1);
  return !image.includes("@") && (!last.includes(":") || last.endsWith(":latest"));
}
