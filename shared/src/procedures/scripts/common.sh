set -euo pipefail
export LC_ALL=C

bm_log() { printf '%s\n' "$*" >&2; }
bm_fail() { bm_log "Error: $*"; exit 1; }

# Finds the end of a command whose opening parenthesis was just read from $1. Sets BM_COMMAND.
bm_command() {
  local text=$1 depth=1 quote='' at character
  for ((at = 0; at < ${#text}; at++)); do
    character=${text:at:1}
    if [[ $character == '\' && $quote != "'" ]]; then
      at=$((at + 1))
    elif [[ -n $quote ]]; then
      if [[ $character == "$quote" ]]; then quote=''; fi
    elif [[ $character == [\"\'] ]]; then
      quote=$character
    elif [[ $character == '(' ]]; then
      depth=$((depth + 1))
    elif [[ $character == ')' ]]; then
      depth=$((depth - 1))
      if ((depth == 0)); then
        BM_COMMAND=${text:0:at}
        return 0
      fi
    fi
  done
  return 1
}

# Expands ${NAME}, ${NAME:-text} and $(command) in $1 and nothing else: quotes, backticks, backslashes and other dollar signs
# are text, and so are $${ and $$( less one dollar. Sets BM_EXPANDED; on failure BM_PROBLEM, and returns 1.
bm_expand() {
  local rest=$1 out='' name output
  while [[ $rest == *'$'* ]]; do
    out+=${rest%%'$'*}
    rest=${rest#*'$'}
    if [[ $rest == '${'* || $rest == '$('* ]]; then
      out+='$'${rest:1:1}
      rest=${rest:2}
    elif [[ $rest =~ ^\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; then
      name=${BASH_REMATCH[1]}
      rest=${rest:${#BASH_REMATCH[0]}}
      if [[ ! -v $name ]]; then
        BM_PROBLEM="it uses \${$name}, but there is no such environment variable. Write \$\${$name} if it is meant as text."
        return 1
      fi
      out+=${!name}
    elif [[ $rest =~ ^\{([A-Za-z_][A-Za-z0-9_]*):-([^\}]*)\} ]]; then
      name=${BASH_REMATCH[1]}
      rest=${rest:${#BASH_REMATCH[0]}}
      out+=${!name:-${BASH_REMATCH[2]}}
    elif [[ $rest == '('* ]] && bm_command "${rest:1}"; then
      rest=${rest:${#BM_COMMAND}+2}
      if ! output=$(eval "$BM_COMMAND"); then
        BM_PROBLEM='the command in it failed.'
        return 1
      fi
      out+=$output
    else
      out+='$'
    fi
  done
  BM_EXPANDED=$out$rest
}

# Replaces the value of the variable $1 by its expansion, in the environment only.
bm_expand_variable() {
  bm_expand "${!1-}" || return 1
  printf -v "$1" '%s' "$BM_EXPANDED"
  export "${1?}"
}
