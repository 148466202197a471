{{ exceptions.raise_compiler_error("not here") }}
