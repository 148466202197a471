select {{ ref( }} from x
