class AfterTheDump < ActiveRecord::Migration[7.1]
  def change
    remove_reference :orders, :subject, polymorphic: true
    create_join_table :orders, :labels
  end
end
