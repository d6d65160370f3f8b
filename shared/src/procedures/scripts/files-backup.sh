
bm_count() {
  local count
  count=$(wc -l)
  bm_log "Files: $((count)) entries read"
}

# The archive goes to fd 3, the list of its members to stdout.
# A file that changed while it was read is a warning (tar ends with 1); anything that could not be read is a failure.
bm_tar() {
  local status=0
  tar "$@" --verbose --index-file=/dev/fd/5 5>&1 1>&3 || status=$?
  if ((status == 1)); then
    bm_log 'Warning: some files changed or vanished while they were read (see the lines above). They are in the backup as they were at that moment; everything else is complete.'
    return 0
  fi
  return "$status"
}

bm_compress() {
  if command -v pigz >/dev/null; then pigz -1; else gzip -1; fi
}

bm_dump() {
  set -uo pipefail
  local target=$BM_TARGET
  local -a options=(--create --file=- --format=posix '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'
    --numeric-owner --sparse)
  local -a BM_ATTRIBUTES
  bm_attributes
  options+=("${BM_ATTRIBUTES[@]}")
  local -a members=(.)
  if [[ ! -d $target ]]; then
    members=("./${target##*/}")
    target=${target%/*}/
  else
    options+=(--anchored --exclude=./.backstay-restore --no-anchored)
    if [[ -n ${BM_PARAM_EXCLUDE-} ]]; then options+=("--exclude-from=/dev/fd/6"); fi
    if [[ -n ${BM_PARAM_INCLUDE-} ]]; then members=(--verbatim-files-from --files-from=/dev/fd/7); fi
  fi
  {
    bm_tar "${options[@]}" --directory="$target" "${members[@]}" \
      6< <(bm_lines "${BM_PARAM_EXCLUDE-}" '') 7< <(bm_lines "${BM_PARAM_INCLUDE-}" './') | bm_count
  } 3>&1 | bm_compress
}

# Prints the lines of $1 that are not blank, each with $2 before it; a leading slash or ./ is dropped.
bm_lines() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    line=${line#./}
    line=${line#/}
    if [[ -n ${line//[[:space:]]/} ]]; then printf '%s%s\n' "$2" "${line%/}"; fi
  done <<<"$1"
}

[[ ${BM_PARAM_PATH-} == /* ]] || bm_fail 'The parameter path must be an absolute path, such as /srv/data.'
[[ -e $BM_PARAM_PATH ]] || bm_fail "$BM_PARAM_PATH does not exist. Check the parameter path."
BM_TARGET=$(readlink -f -- "$BM_PARAM_PATH" && printf x)
export BM_TARGET=${BM_TARGET%$'\nx'}
if [[ -d $BM_TARGET ]]; then bm_log "Files: backing up the folder $BM_TARGET"; else bm_log "Files: backing up the file $BM_TARGET"; fi
bm_make bm_dump
