class CreatePeople < ActiveRecord::Migration
  def self.up
    create_table(:people, :id => false) { |t| t.string :name; t.integer :age, :limit => 8 }
    add_index :people, [:name], :unique => true
  end

  def self.down
    drop_table :people
  end
end
