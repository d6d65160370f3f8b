// Generated from release.yaml by engine/cli/scripts/generate-deployment.ts
export const releaseSet = {
  "release": "0.1.0",
  "parts": {
    "console": "0.1.0",
    "controller": "0.1.0",
    "repository": "0.1.0",
    "backup-maker": "0.1.0",
    "procedures": "0.1.0",
    "chart": "0.1.0"
  },
  "image": "ghcr.io/riotkit-org/backstay:0.1.0",
  "customResources": {
    "riotkit.org": "v1alpha1",
    "backups.riotkit.org": "v1alpha1"
  },
  "node": "24.21.0",
  "tested": {
    "kubernetes": "1.35.4",
    "etcd": "3.6.5",
    "postgresql": "17"
  }
} as const;
