
bm_problem() {
  printf '%s\t%s\n' "$1" "${2//[$'\t\n']/ }"
  exit 0
}

bm_writable_parent() {
  local folder=${1%/*}
  while [[ -n $folder && ! -e $folder ]]; do folder=${folder%/*}; done
  [[ -d ${folder:-/} && -w ${folder:-/} ]] || bm_problem path "Nothing may be written to ${folder:-/}. Choose another folder, or change its rights."
}

bm_expand "${BM_PARAM_PATH-}" || bm_problem path "The value cannot be used: $BM_PROBLEM"
bm_path=$BM_EXPANDED
[[ -n $bm_path ]] || bm_problem path 'Say which folder or file.'
[[ $bm_path == /* ]] || bm_problem path 'Write the whole path, beginning with a slash, such as /srv/data.'
if [[ ${BM_OPERATION:-backup} == backup ]]; then
  [[ -e $bm_path || -L $bm_path ]] || bm_problem path "$bm_path does not exist where the job runs. Check the spelling, or mount the volume."
  [[ -e $bm_path ]] || bm_problem path "$bm_path is a link to something that does not exist."
  [[ -d $bm_path || -f $bm_path ]] || bm_problem path "$bm_path is neither a folder nor a file."
  [[ -r $bm_path && (! -d $bm_path || -x $bm_path) ]] || bm_problem path "$bm_path may not be read by the job. Change its rights, or run the job as another user."
else
  bm_path=$(readlink -m -- "$bm_path")
  [[ $bm_path != / ]] || bm_problem path 'The whole file system cannot be replaced. Choose a folder.'
  if [[ -d $bm_path ]]; then
    [[ -w $bm_path ]] || bm_problem path "Nothing may be written to $bm_path. Change its rights, or run the job as another user."
  else
    bm_writable_parent "$bm_path"
  fi
fi
for bm_tool in tar gzip; do
  command -v "$bm_tool" >/dev/null || bm_problem path "The image has no $bm_tool. Choose another image."
done
