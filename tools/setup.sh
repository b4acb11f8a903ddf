# Sourced by ./run and ./test: what both need before they build.
# Needs: `root`, the repository's folder.

configuration=Release

die() {
  echo "$*" >&2
  exit 1
}

need_dotnet() {
  command -v dotnet >/dev/null || die "dotnet is missing: install the .NET 10 SDK (https://dot.net)."
  dotnet --list-sdks | grep -q '^10\.' || die ".NET 10 is missing: install the .NET 10 SDK (https://dot.net)."
}

need_node() {
  command -v node >/dev/null || die "node is missing: install Node.js 20 or newer (https://nodejs.org)."
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "Node.js 20 or newer is needed; this is $(node --version)."
}

# Two scripts at once must not install or build over each other. Where there is no flock, that is left to the user.
lock_setup() {
  mkdir -p "$root/.data"
  if command -v flock >/dev/null; then
    exec 9>"$root/.data/setup.lock"
    flock 9
  fi
}

unlock_setup() {
  if command -v flock >/dev/null; then
    exec 9>&-
  fi
}

install_azurite() {
  [ -z "${AZURITE_JS:-}" ] || return 0
  install_pinned azurite Azurite
}

# The linter of the OpenAPI document: the tests need it.
install_redocly() {
  install_pinned redocly "Redocly's linter"
}

# Installs what a folder of tools/ pins, when its lock file is not the one last installed.
install_pinned() {
  local folder=$root/tools/$1
  if cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"; then
    return 0
  fi
  command -v npm >/dev/null || die "npm is missing: it comes with Node.js (https://nodejs.org)."
  echo "Installing $2 (once)." >&2
  (cd "$folder" && npm ci --no-progress --loglevel=error >&2) || die "$2 could not be installed: see npm's words above."
  cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
}

# Builds a project or solution; says nothing unless it fails.
build() {
  local output
  output=$(dotnet build "$1" -c "$configuration" -v q --nologo 2>&1 9>&-) || die "$output"
}
