import { formatBytes } from '../lib/format.ts';

const levelOf = (share: number): string => {
  if (share >= 0.95) return 'full';
  return share >= 0.8 ? 'high' : 'normal';
};

/** Used against allowed bytes. */
export function UsageBar({ used, limit, label }: { used: number; limit: number; label: string }) {
  const share = limit === 0 ? 0 : used / limit;
  const percent = Math.round(share * 100);
  const words = `${formatBytes(used)} of ${formatBytes(limit)} (${percent} %)`;
  return (
    <div className="bs-usage">
      {/* biome-ignore lint/a11y/useSemanticElements: a meter element cannot be coloured alike in all browsers. */}
      <div
        className="bs-usage__bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, percent)}
        aria-valuetext={words}
      >
        <div
          className={`bs-usage__used bs-usage__used--${levelOf(share)}`}
          style={{ inlineSize: `${Math.min(100, share * 100)}%` }}
        />
      </div>
      <span className="bs-small">{words}</span>
    </div>
  );
}
